import type { Page } from '../../../test-support/chromium.ts'
import { APP_ROUTES, hasScreenOf } from './app-routes.ts'

/** A picture of the dashboard. */
export interface Picture {
  /** Name of the file. */
  readonly name: string
  readonly url: string
  /** Text that shows that the page has loaded. */
  readonly text: string
  /** Steps before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>
}

type Row = readonly [name: string, url: string, text: string, act?: Picture['act']]

const SCREENS: readonly Row[] = [
  ['home', '/', 'slow-import-guard'],
  ['flags', '/flags', 'address-check'],
  ['bulk-edit', '/flags', 'address-check', editTwoFlags],
  ['create-flag', '/flags', 'address-check', createTextFlag],
  ['columns', '/flags?columns=@tags,staging,production&instances=acme,globex', 'address-check'],
  ['views', '/flags', 'address-check', pressing('v')],
  ['view', '/views/mine', 'new-checkout'],
  ['flag', '/flags/new-checkout?tab=rollout', 'production/umbrella'],
  ['exposure', '/flags/new-checkout?tab=exposure', 'exposures in the last 24 hours'],
  ['rules', '/flags/search-ranking?scope=production', 'Staff first'],
  ['prerequisites', '/flags/apple-pay', 'Prerequisites', editPrerequisites],
  ['history', '/flags/slow-import-guard?tab=history', 'killed slow-import-guard in'],
  ['cell', '/flags?cell=ledger-2@production/acme', 'The unit is outside'],
  ['rollouts', '/rollouts', 'delivery-slots'],
  ['rollout', '/rollouts/new-checkout', 'initech: new-checkout fails for', untilPlotted],
  ['rollout-healthy', '/rollouts/fast-search', 'more users', untilPlotted],
  ['start-rollout', '/start-rollout?flag=apple-pay', 'Wave 1'],
  ['plans', '/plans', 'pilot-europe-others'],
  ['plan', '/plans/pilot-europe-others', 'Rollouts in progress'],
  ['create-plan', '/create-plan?copy=cautious', 'Now:', chooseSegments],
  ['edit-plan', '/plans/pilot-europe-others/edit', 'Now:'],
  ['report', '/report', 'Still open'],
  ['instances', '/instances', 'Stark Industries'],
  ['instance', '/instances/acme', 'ledger-2'],
  ['drift', '/drift', 'label-printing-v2'],
  ['log', '/log', 'Eve paused'],
  ['connections', '/connections', 'production/acme'],
  ['try', '/try?compare=1&scope2=dev', 'flags differ'],
  ['segments', '/segments', 'Our own people'],
  ['segment', '/segments/pilot-users?context={"plan":"pro"}', 'Out.'],
  ['metrics', '/rollout-metrics', 'Time to a page'],
  ['stale', '/stale', 'Its removal was planned'],
  ['keys', '/keys', 'not used for 30 days'],
  ['freezes', '/freezes?view=calendar&scope=uat/acme', 'Acceptance tests'],
  ['edit-freeze', '/freezes', 'Acceptance tests', editFreeze],
  ['notifications', '/notifications', 'No subscriptions yet'],
  ['settings', '/settings', 'this browser'],
  ['start', '/start', 'See it connect'],
  ['not-found', '/nowhere', 'This page does not exist'],
  ['kill', '/flags/new-checkout?scope=production/umbrella', 'Switched on', pressing('Shift+K')],
  ['palette', '/flags', 'address-check', pressing('Control+k')],
  ['shortcuts', '/flags', 'address-check', pressing('?')],
]

/** Pictures of every screen, and of what opens in them. */
export const PICTURES: readonly Picture[] = SCREENS.map(([name, url, text, act]) => ({
  name,
  url,
  text,
  ...(act && { act }),
}))

/** The picture of a visitor without a session. */
export const SIGN_IN: Picture = { name: 'sign-in', url: '/', text: 'Admin key' }

/** Returns the routes of the app whose screen is in none of the pictures. */
export function unpictured(pictures: readonly Picture[]): readonly string[] {
  return APP_ROUTES.filter((route) => !pictures.some(({ url }) => hasScreenOf(route, url)))
}

/** A picture of the documents. */
export interface DocumentPicture extends Picture {
  readonly size: { readonly width: number; readonly height: number }
}

const WIDE = { width: 1200, height: 720 }

/** The pictures of the guide and of the README, in `docs/pictures`. */
export const DOCUMENT_PICTURES: readonly DocumentPicture[] = [
  {
    name: 'flags',
    url: '/flags?q=owner:Ada,Dan',
    text: 'new-checkout',
    size: { width: 1440, height: 920 },
  },
  { ...pictureOf('cell'), act: explainUser, size: WIDE },
  { ...pictureOf('rules'), size: { width: 1200, height: 860 } },
  { ...pictureOf('rollout'), size: { width: 1440, height: 1120 } },
  { ...pictureOf('drift'), size: WIDE },
  { ...pictureOf('log'), size: WIDE },
  { ...pictureOf('home'), name: 'phone', size: { width: 390, height: 720 } },
  // The last one, because it changes what the others show.
  {
    name: 'kill',
    url: '/flags/image-zoom?scope=production/umbrella',
    text: 'Switched on',
    act: killWithProof,
    size: WIDE,
  },
]

function pictureOf(name: string): Picture {
  const found = PICTURES.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no picture "${name}".`)
  return found
}

/** Opens a dialog by keys. */
function pressing(keys: string) {
  return async (page: Page) => {
    await page.keyboard.press(keys)
    await page.locator('dialog').waitFor()
  }
}

async function explainUser(page: Page): Promise<void> {
  await page.getByLabel('For the user with this targeting key').fill('user-4711')
  await page.getByText('has no targetingKey').waitFor({ state: 'detached' })
}

async function killWithProof(page: Page): Promise<void> {
  await pressing('Shift+K')(page)
  await page.getByText('programs connected here').waitFor()
  await page.getByLabel('Reason, for the change log').fill('Zoomed pictures stay blank')
  await page.keyboard.press('Control+Enter')
  await page.getByText(/Confirmed by \d+ of \d+ programs/).waitFor()
}

async function untilPlotted(page: Page): Promise<void> {
  await page.getByRole('figure').locator('path.treatment[d^=M]').waitFor({ state: 'attached' })
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

async function chooseSegments(page: Page): Promise<void> {
  await page.getByLabel('Audience').first().selectOption('Segments')
  await page.getByRole('checkbox', { name: 'pilot-users' }).check()
}

async function editFreeze(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit Acceptance tests' }).click()
  await page.getByRole('dialog').waitFor()
}
