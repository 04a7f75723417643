import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchChromium } from '../../../test-support/chromium.ts'
import { createFlags } from '../../sdk-node/src/index.ts'
import { ADMIN_KEY, startTestServer } from '../../server/test/http-server.ts'
import { INSTANCES } from '../src/sample/customers.ts'
import { seed } from './seed.ts'

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>

/** A picture of the dashboard. */
type Picture = readonly [
  name: string,
  path: string,
  /** Text that shows that the page has loaded. */
  text: string,
  /** Steps before the picture is taken. */
  act?: (page: Page) => Promise<void>,
]

const PICTURES: readonly Picture[] = [
  ['home', '/', 'slow-import-guard'],
  ['flags', '/flags', 'address-check'],
  ['bulk-edit', '/flags', 'address-check', editTwoFlags],
  ['create-flag', '/flags', 'address-check', createTextFlag],
  ['columns', '/flags?columns=@tags,staging,production&instances=acme,globex', 'address-check'],
  ['views', '/flags', 'address-check', pressing('v')],
  ['flag', '/flags/new-checkout?tab=rollout', 'production/umbrella'],
  ['exposure', '/flags/new-checkout?tab=exposure', 'exposures in the last 24 hours'],
  ['rules', '/flags/search-ranking?scope=production', 'Staff first'],
  ['prerequisites', '/flags/apple-pay', 'Prerequisites', editPrerequisites],
  ['history', '/flags/slow-import-guard?tab=history', 'killed slow-import-guard in'],
  ['rollouts', '/rollouts', 'delivery-slots'],
  ['rollout', '/rollouts/new-checkout', 'initech: new-checkout fails for'],
  ['drift', '/drift', 'label-printing-v2'],
  ['start-rollout', '/start-rollout?flag=apple-pay', 'Wave 1'],
  ['report', '/report', 'Still open'],
  ['metrics', '/rollout-metrics', 'Time to a page'],
  ['stale', '/stale', 'Its removal was planned'],
  ['notifications', '/notifications', 'No subscriptions yet'],
  ['freezes', '/freezes?view=calendar&scope=uat/acme', 'Acceptance tests'],
  ['edit-freeze', '/freezes', 'Acceptance tests', editFreeze],
  ['segment', '/segments/pilot-users?context={"plan":"pro"}', 'Out.'],
  ['cell', '/flags?cell=ledger-2@production/acme', 'The unit is outside'],
  ['start', '/start', 'See it connect'],
  ['kill', '/flags/new-checkout?scope=production/umbrella', 'Switched on', pressing('Shift+K')],
  ['palette', '/flags', 'address-check', pressing('Control+k')],
  ['keys', '/flags', 'address-check', pressing('?')],
]
const SIZES = { desktop: { width: 1440, height: 860 }, phone: { width: 390, height: 844 } }

const folder = process.argv[2] ?? 'screenshots'
mkdirSync(folder, { recursive: true })
const server = await startTestServer({ FLAGHOIST_PROJECT: 'shop' })
await seed({ url: server.url, key: ADMIN_KEY, project: 'shop' })
await freezeAcceptance()
const programs = await connectPrograms()
const browser = await launchChromium()
for (const colorScheme of ['light', 'dark'] as const) await takePictures(colorScheme)
await browser.close()
await Promise.all(programs.map((flags) => flags.close()))
await server.server.close()
console.log(`Pictures of every screen are in ${folder}.`)

/** Connects two programs of each instance, and evaluates a flag in them. */
async function connectPrograms() {
  const { body } = await server.ask<{ secret: string }>('POST', '/api/v1/projects/shop/keys', {
    body: { name: 'Shops', kind: 'server', scope: 'production' },
  })
  const all = INSTANCES.flatMap(({ key: instance }) =>
    [1, 2].map(() => createFlags({ url: server.url, key: body.secret, instance })),
  )
  await Promise.all(
    all.map(async (flags, i) => {
      await flags.ready()
      for (let user = 0; user < 40 + 10 * i; user += 1)
        flags.isEnabled('new-checkout', { targetingKey: `user-${user}` })
      await flags.flush()
    }),
  )
  return all
}

/** Freezes an environment without rollouts, so that the pictures are the same on every day. */
async function freezeAcceptance(): Promise<void> {
  const weekly = { days: ['thu'], from: '18:00', to: '08:00', toDay: 'mon' }
  const body = {
    key: 'acceptance',
    name: 'Acceptance tests',
    environments: ['uat'],
    window: { weekly },
  }
  await server.ask('POST', '/api/v1/projects/shop/freezes', { body })
}

/** Opens a dialog by keys. */
function pressing(keys: string) {
  return async (page: Page) => {
    await page.keyboard.press(keys)
    await page.locator('dialog').waitFor()
  }
}

async function editTwoFlags(page: Page): Promise<void> {
  for (const flag of ['address-check', 'apple-pay']) await page.getByLabel(`Select ${flag}`).click()
  await pressing('e')(page)
  await page.getByText('On', { exact: true }).click()
  await page.getByRole('checkbox', { name: 'production' }).check()
  await page.getByText('flags and').waitFor()
}

async function createTextFlag(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create a flag' }).click()
  await page.getByLabel('Key, as the code names it').fill('button-text')
  await page.getByText('String', { exact: true }).click()
  for (const [i, [key, value]] of [
    ['short', 'Buy'],
    ['long', 'Buy now, pay later'],
  ].entries()) {
    const variant = page.getByRole('group', { name: `Variant ${i + 1}` })
    await variant.getByLabel('Key').fill(key!)
    await variant.getByLabel('Value').fill(value!)
  }
}

async function editPrerequisites(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit the prerequisites' }).click()
  await page.getByRole('button', { name: 'Add a prerequisite' }).click()
  await page.getByLabel('Flag', { exact: true }).fill('new-checkout')
  await page.getByText('It must serve').waitFor()
}

async function editFreeze(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit Acceptance tests' }).click()
  await page.getByRole('dialog').waitFor()
}

async function takePictures(colorScheme: 'light' | 'dark'): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const context = await browser.newContext({ baseURL: server.url, viewport, colorScheme })
    await context.request.post('/api/v1/session', { data: { key: ADMIN_KEY, person: 'Ada' } })
    const page = await context.newPage()
    for (const [name, path, text, act] of PICTURES) {
      await page.goto(path)
      await page.getByText(text).first().waitFor()
      await act?.(page)
      await page.waitForLoadState('networkidle')
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) })
    }
    await context.close()
  }
}
