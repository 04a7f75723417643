import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'

/** A shop with a flag in use, whose production is protected after the other writes. */
async function givenProtected(
  writes: readonly (readonly [method: 'POST' | 'PATCH' | 'PUT', path: string, body: object])[] = [],
): Promise<{ server: TestServer; page: Page }> {
  const server = await givenShop()
  for (const [method, path, body] of [
    ...writes,
    ['PATCH', 'environments/production', { protected: true }] as const,
  ])
    expect((await server.ask(method, path, { body })).status).toBeLessThan(300)
  return { server, page: await newPerson(server) }
}

/** Returns the reason of the last change by a person: the engine makes changes of its own. */
const lastReason = async (server: TestServer) => {
  const { body } = await server.ask<{
    items: { actor: { kind: 'key' | 'system' }; reason?: string }[]
  }>('GET', 'changes?limit=10')
  return body.items.find(({ actor }) => actor.kind !== 'system')!.reason
}

/** Sends the form without a reason, which it demands, and then with one. */
async function saveOnlyWith(page: Page, reason: string): Promise<void> {
  await page.keyboard.press('Control+Enter')
  const field = page.getByLabel('Reason, for the change log')
  expect(await field.evaluate((one: HTMLInputElement) => one.validity.valueMissing)).toBe(true)
  await saveWith(page, reason)
}

describe('in a protected environment', () => {
  test('a rollout is started and advanced with a reason', async () => {
    const step = { audience: { share: 50 }, minMinutes: 60, minUnits: 0, gate: 'healthy' }
    const waves = [{ name: 'All', instances: { rest: true }, steps: [step] }]
    const { server, page } = await givenProtected([
      ['POST', 'flags', { key: 'search' }],
      ['POST', 'plans', { key: 'careful', name: 'Careful', waves }],
    ])
    await page.goto('/start-rollout?flag=search&plan=careful')
    await page.getByText('Wave 1').waitFor()
    await page.keyboard.press('Control+Enter')
    const acme = page.locator('button.run', { hasText: 'acme' })
    await acme.click()
    await page.keyboard.press('a')
    await page.getByText(/^acme .* 50% of the users get "on" instead of 0%/).waitFor()
    await saveOnlyWith(page, 'Support is ready')
    await page.getByText('Support is ready', { exact: true }).waitFor()
    await acme.getByText('50 %').waitFor()
    expect(await lastReason(server)).toBe('Support is ready')
  })

  test('a flag is archived with a reason', async () => {
    const removal = { expectedRemovalAt: '2020-01-01T12:00:00Z' }
    const { server, page } = await givenProtected([['PATCH', 'flags/new-checkout', removal]])
    await page.goto('/stale')
    await page.getByRole('button', { name: 'Archive new-checkout' }).click()
    await saveOnlyWith(page, 'The code is gone')
    await page.getByText('new-checkout is archived').waitFor()
    expect(await lastReason(server)).toBe('The code is gone')
  })

  test('a flag that has changed since the question is not archived', async () => {
    const removal = { expectedRemovalAt: '2020-01-01T12:00:00Z' }
    const { server, page } = await givenProtected([['PATCH', 'flags/new-checkout', removal]])
    await page.goto('/stale')
    await page.getByRole('button', { name: 'Archive new-checkout' }).click()
    await page.getByRole('dialog').waitFor()
    await server.ask('PATCH', 'flags/new-checkout', { body: { owner: 'Ada' } })
    await page.getByLabel('Reason, for the change log').fill('The code is gone')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').getByText('Another person has saved a change').waitFor()
  })

  test('an instance is retired, and activated again, with reasons', async () => {
    const { server, page } = await givenProtected()
    await page.goto('/instances/acme')
    await page.getByRole('button', { name: 'Retire' }).click()
    await saveOnlyWith(page, 'The contract has ended')
    await page.getByText('retired', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Activate' }).click()
    await saveOnlyWith(page, 'They are back')
    await page.getByText('retired', { exact: true }).waitFor({ state: 'detached' })
    expect(await lastReason(server)).toBe('They are back')
  })

  test('the switch of a cell and the keys of a segment ask for the reason first', async () => {
    const clause = { attribute: 'targetingKey', op: 'segment', values: ['staff'] }
    const rules = [{ id: 'staff', when: [[clause]], serve: { variant: 'on' } }]
    const { server, page } = await givenProtected([
      ['POST', 'segments', { key: 'staff' }],
      [
        'PATCH',
        'flags/new-checkout/layers/production',
        { on: true, rules, fallthrough: { variant: 'off' } },
      ],
    ])
    await page.goto('/flags/new-checkout?cell=new-checkout@production/acme')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Off', { exact: true }).click()
    await dialog
      .getByText(/of the users of .* get another variant/)
      .first()
      .waitFor()
    await saveOnlyWith(page, 'They asked for it')
    expect(await lastReason(server)).toBe('They asked for it')

    await page.goto('/segments/staff')
    await page.getByRole('button', { name: 'Edit included' }).click()
    await page.getByLabel('Targeting keys to add').fill('ada')
    await saveOnlyWith(page, 'A new colleague')
    expect(await lastReason(server)).toBe('A new colleague')
  })

  test('a segment asks for no reason if only other environments use it', async () => {
    const clause = { attribute: 'targetingKey', op: 'segment', values: ['staff'] }
    const rules = [{ id: 'staff', when: [[clause]], serve: { variant: 'on' } }]
    const { server, page } = await givenProtected([
      ['POST', 'environments', { key: 'staging' }],
      ['POST', 'segments', { key: 'staff' }],
      [
        'PATCH',
        'flags/new-checkout/layers/staging',
        { on: true, rules, fallthrough: { variant: 'off' } },
      ],
    ])
    await page.goto('/segments/staff')
    await page.getByText('Used by new-checkout.').waitFor()
    await page.getByRole('button', { name: 'Edit included' }).click()
    await page.getByLabel('Targeting keys to add').fill('ada')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByLabel('Name').fill('Our own people')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const { body } = await server.ask('GET', 'segments/staff')
    expect(body).toMatchObject({ name: 'Our own people', include: ['ada'] })
  })

  test('the environment itself is edited and deleted with a reason', async () => {
    const { server, page } = await givenProtected([
      ['POST', 'environments', { key: 'trial', protected: true }],
    ])
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Edit trial' }).click()
    await page.getByLabel('Name').fill('Trial')
    await saveOnlyWith(page, 'Its name was missing')
    await page.getByRole('cell', { name: 'Trial', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Delete trial' }).click()
    await saveOnlyWith(page, 'The trial has ended')
    await page.getByRole('cell', { name: 'Trial', exact: true }).waitFor({ state: 'detached' })
    expect(await lastReason(server)).toBe('The trial has ended')
  })
})
