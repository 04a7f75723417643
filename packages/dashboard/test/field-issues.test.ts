import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { faultsOf } from './faults.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'

const WEBHOOK = 'https://hooks.slack.com/services/T0/B0/x9Yz'

/** The form that creates an entity, whose key another one has already. */
const FORMS: readonly {
  readonly entity: string
  readonly screen: string
  readonly key: string
  readonly given?: readonly [path: string, body: object]
  readonly fill?: (page: Page) => Promise<void>
}[] = [
  { entity: 'a flag', screen: '/flags', key: 'new-checkout' },
  { entity: 'an instance', screen: '/instances', key: 'acme' },
  { entity: 'an environment', screen: '/settings', key: 'production' },
  {
    entity: 'a metric',
    screen: '/rollout-metrics',
    key: 'searches',
    given: ['metrics', { key: 'searches', kind: 'failure', margin: 5 }],
    fill: (page) => page.getByLabel('Margin for the worse, %').fill('5'),
  },
  {
    entity: 'a segment',
    screen: '/segments',
    key: 'staff',
    given: ['segments', { key: 'staff' }],
  },
  {
    entity: 'a freeze',
    screen: '/freezes',
    key: 'weekend',
    given: ['freezes', { key: 'weekend', window: { yearly: { from: '12-20', to: '01-06' } } }],
    async fill(page) {
      await page.getByLabel('From', { exact: true }).fill('2098-12-20T08:00')
      await page.getByLabel('To', { exact: true }).fill('2098-12-27T08:00')
      await page.getByLabel('Reason, for the change log').fill('A quiet week')
    },
  },
  {
    entity: 'a subscription',
    screen: '/notifications',
    key: 'ops',
    given: ['subscriptions', { key: 'ops', channel: 'slack', url: WEBHOOK }],
    fill: (page) => page.getByLabel('URL of the incoming webhook').fill(WEBHOOK),
  },
]

describe('the key of', () => {
  test.for(FORMS)('$entity shows that another one has it', async (form) => {
    const server = await givenShop()
    const [path, body] = form.given ?? ['segments', { key: 'other' }]
    expect((await server.ask('POST', path, { body })).status).toBe(201)
    const page = await newPerson(server)
    await page.goto(form.screen)
    await page.getByRole('button', { name: `Create ${form.entity}` }).click()
    const dialog = page.getByRole('dialog')
    const field = dialog.getByLabel(/^Key/)
    await field.fill(form.key)
    await form.fill?.(page)
    await page.keyboard.press('Control+Enter')

    await dialog.getByText(`"${form.key}" already exists.`).waitFor()
    await expect
      .poll(() => field.evaluate((element) => element === document.activeElement))
      .toBe(true)
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await faultsOf(page, 'dialog')).toEqual([])

    await field.fill('Not a key')
    await page.keyboard.press('Control+Enter')
    await dialog.getByText(/"Not a key" is not valid/).waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
  })
})
