import type { Page } from '../../../test-support/chromium.ts'
import { APP_ROUTES, hasScreenOf } from './app-routes.ts'
import { openPanel, panelOf } from './panels.ts'

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
  panel('bulk-edit'),
  panel('create-flag'),
  ['columns', '/flags?columns=@tags,staging,production&instances=acme,globex', 'address-check'],
  panel('views'),
  ['view', '/views/mine', 'new-checkout'],
  ['flag', '/flags/new-checkout?tab=rollout', 'production/umbrella'],
  ['exposure', '/flags/new-checkout?tab=exposure', 'exposures in the last 24 hours'],
  ['rules', '/flags/search-ranking?scope=production', 'Staff first'],
  panel('prerequisites'),
  ['history', '/flags/slow-import-guard?tab=history', 'killed slow-import-guard in'],
  ['cell', '/flags?cell=ledger-2@production/acme', 'The unit is outside'],
  ['rollouts', '/rollouts', 'delivery-slots'],
  ['rollout', '/rollouts/new-checkout', 'initech: new-checkout fails for', untilPlotted],
  ['rollout-healthy', '/rollouts/fast-search', 'more users', untilPlotted],
  ['start-rollout', '/start-rollout?flag=apple-pay', 'Wave 1'],
  ['plans', '/plans', 'pilot-europe-others'],
  ['plan', '/plans/pilot-europe-others', 'Rollouts in progress'],
  panel('create-plan'),
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
  panel('edit-freeze'),
  ['notifications', '/notifications', 'No subscriptions yet'],
  ['settings', '/settings', 'this browser'],
  ['start', '/start', 'See it connect'],
  ['not-found', '/nowhere', 'This page does not exist'],
  panel('kill'),
  panel('palette'),
  panel('shortcuts'),
]

/** Pictures of every screen, and of what opens in them. */
export const PICTURES: readonly Picture[] = SCREENS.map(toPicture)

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
  { ...toPicture(panel('kill-proof')), name: 'kill', size: WIDE },
]

function toPicture([name, url, text, act]: Row): Picture {
  return { name, url, text, ...(act && { act }) }
}

function pictureOf(name: string): Picture {
  const found = PICTURES.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no picture "${name}".`)
  return found
}

/** Returns the row of the picture of a panel with its fields. */
function panel(name: string): Row {
  const found = panelOf(name)
  const open = async (page: Page) => {
    await openPanel(page, found)
    await found.fill?.(page)
  }
  return [name, found.url, found.text, open]
}

async function explainUser(page: Page): Promise<void> {
  await page.getByLabel('For the user with this targeting key').fill('user-4711')
  await page.getByText('has no targetingKey').waitFor({ state: 'detached' })
}

async function untilPlotted(page: Page): Promise<void> {
  await page.getByRole('figure').locator('path.treatment[d^=M]').waitFor({ state: 'attached' })
}
