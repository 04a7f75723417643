import type { Page } from '../../../test-support/chromium.ts'
import * as fields from './panel-fields.ts'

/** Keys that are pressed on a control, or text that is typed into it. */
type Step = {
  /** The control that gets the focus first; absent if the focus stays. */
  readonly control?: readonly [role: 'button' | 'grid' | 'textbox', name?: string | RegExp]
} & ({ readonly keys: string } | { readonly text: string })

/** A part of a screen that opens, such as a dialog or a menu. */
export interface Panel {
  readonly name: string
  readonly url: string
  /** Text that shows that the screen has loaded. */
  readonly text: string
  /** Steps that open it by keyboard alone. */
  readonly steps: readonly Step[]
  /** Text that shows that the panel is open and has its data. */
  readonly shown: string | RegExp
  /** A part of a screen does not take the focus, and stays open on Escape. */
  readonly kind: 'dialog' | 'menu' | 'form' | 'part'
  /** Fills in what brings further fields. */
  readonly fill?: (page: Page) => Promise<void>
  /** Opens on wide windows only. */
  readonly isWide?: true
}

type Row = readonly [
  name: string,
  steps: Step | readonly Step[],
  shown: string | RegExp,
  more?: Partial<Panel>,
]

const press = (keys: string): Step => ({ keys })
const enter = (button: string | RegExp): Step => ({ control: ['button', button], keys: 'Enter' })
const space = (button: string | RegExp): Step => ({ control: ['button', button], keys: 'Space' })
const type = (field: string, text: string): Step => ({ control: ['textbox', field], text })

/** Selects the first three flags of the grid, of which the server refuses to edit the second. */
const SELECT_FLAGS: readonly Step[] = [
  { control: ['grid'], keys: 'x' },
  ...['ArrowDown', 'x', 'ArrowDown', 'x'].map(press),
]

const NO_FREEZE = 'No freeze stops a kill'
const REASON = 'Reason, for the change log'
const FORM = { kind: 'form' } as const
const PART = { kind: 'part' } as const

/**
 * Every panel of the dashboard, by screen. A panel that changes the project or selects something is
 * the last one of its screen.
 */
export const PANELS: readonly Panel[] = [
  ...on('/start', 'See it connect', [
    ['account', space(/^Account/), 'Sign out', { kind: 'menu' }],
    ['kill-any', enter('Kill'), NO_FREEZE],
  ]),
  ...on('/flags', 'address-check', [
    ['palette', press('Control+k'), 'Go to flags'],
    ['shortcuts', press('?'), 'First or last cell of the row'],
    ['create-flag', enter('Create a flag'), 'Key, as the code', { fill: fields.textFlag }],
    ['views', press('v'), 'Flags of Ada'],
    // A phone hides its button, so the next panel needs a control of its own.
    ['columns', enter('Columns'), 'production', { isWide: true }],
    ['save-view', [enter('Views'), space('Save this view')], 'Key, as its address'],
    ['rename-view', [enter('Views'), space('Rename Flags of Ada')], 'Its address stays'],
    ['delete-view', [enter('Views'), enter('Delete Flags of Ada')], 'stop working for everyone'],
    ['bulk-edit', [...SELECT_FLAGS, press('e')], 'Save as one change', { fill: fields.bulkEdit }],
  ]),
  ...on('/flags/new-checkout?scope=production/umbrella', 'Switched on', [
    ['kill', press('Shift+K'), NO_FREEZE],
    ['edit-flag', enter('Edit new-checkout'), 'Owner'],
  ]),
  ...on('/flags/image-zoom?scope=production/umbrella', 'Switched on', [
    [
      'kill-proof',
      [press('Shift+K'), type(REASON, 'Zoomed pictures stay blank'), press('Control+Enter')],
      /No program is connected|Confirmed by \d+ of \d+ programs/,
    ],
  ]),
  ...on('/flags/search-ranking?scope=production', 'Staff first', [
    ['add-variant', enter('Add a variant'), 'Add the variant'],
    ['edit-variant', enter('Edit semantic'), 'receive the new value at once'],
    ['remove-variant', enter('Remove semantic'), 'refuses the removal'],
    ['rule', space(/^Paying customers/), 'Duplicate', { ...FORM, fill: fields.condition }],
    ['default', enter(/^All others/), 'Close', FORM],
    ['note', enter(/^No note/), 'Close', FORM],
    ['percentage', enter('Add a rollout'), 'Close', FORM],
  ]),
  ...on('/flags/apple-pay', 'Prerequisites', [
    [
      'prerequisites',
      enter('Edit the prerequisites'),
      'Add a prerequisite',
      { fill: fields.prerequisite },
    ],
  ]),
  ...on('/flags/slow-import-guard?tab=history', 'killed slow-import-guard in', [
    ['revert-of-flag', enter(/^Revert change/), 'is a new change'],
  ]),
  ...on('/log', 'Eve paused', [
    ['revert', enter(/^Revert change/), 'is a new change'],
    ['change', space(/Eve paused/), 'Request', PART],
  ]),
  ...on('/rollouts/fast-search', 'more users', [
    ['pause-rollout', enter('Pause'), 'No user moves'],
    ['quarantine', press('q'), 'Owner; by default'],
  ]),
  ...on('/plans', 'pilot-europe-others', [
    ['delete-plan', enter('Delete pilot-europe-others'), 'Delete the plan'],
  ]),
  ...on('/create-plan?copy=cautious', 'Now:', [
    ['create-plan', [], 'Now:', { ...PART, fill: fields.planSegments }],
  ]),
  ...on('/instances', 'Stark Industries', [
    ['create-instance', enter('Create an instance'), 'Create the instance'],
  ]),
  ...on('/instances/acme', 'ledger-2', [
    ['release-notes', enter('Release notes'), 'In production, from'],
    ['edit-instance', enter('Edit'), 'Save', { fill: fields.businessHours }],
    ['pause-instance', enter('Pause'), 'connected now'],
    ['retire-instance', space('Retire'), 'connected now'],
  ]),
  ...on('/drift', 'unexplained', [
    ['align', enter('Align'), 'Serve the same as', { fill: fields.alignment }],
    ['intend', enter('Mark as intended'), 'Programs never see the note'],
    ['cell', enter(/^Why /), 'Open the flag', { fill: fields.share }],
  ]),
  ...on('/segments', 'Our own people', [
    ['create-segment', enter('Create a segment'), 'Create the segment'],
  ]),
  ...on('/segments/pilot-users', 'Included', [
    ['edit-segment', enter('Edit'), 'Conditions for all other', { fill: fields.condition }],
    ['delete-segment', enter('Delete'), 'Delete the segment'],
    ['targeting-keys', enter('Edit included'), 'Targeting keys to add'],
  ]),
  ...on('/rollout-metrics', 'Time to a page', [
    ['create-metric', enter('Create a metric'), 'Create the metric'],
    ['edit-metric', enter('Edit page-ms'), 'Hard limit: above'],
    ['delete-metric', enter('Delete page-ms'), 'Delete the metric'],
  ]),
  ...on('/stale', 'Its removal was planned', [
    ['how-to-remove', enter(/^How to remove/), 'Run "npx flaghoist-codegen"'],
    ['plan-removal', enter(/^Plan the removal/), 'Last day of the flag'],
    ['archive', enter(/^Archive/), 'Programs no longer receive it'],
  ]),
  ...on('/keys', 'not used for 30 days', [
    ['create-key', enter('Create a key'), 'Create the key'],
    ['revoke-key', enter('Revoke Ada'), 'Its connections end at once'],
    [
      'secret',
      [
        enter('Create a key'),
        type('Name', 'Robot'),
        type('Scope', 'production'),
        press('Control+Enter'),
      ],
      'it is not shown again',
    ],
  ]),
  ...on('/freezes', 'Acceptance tests', [
    ['create-freeze', enter('Create a freeze'), 'Create the freeze', { fill: fields.weekly }],
    ['edit-freeze', enter('Edit Acceptance tests'), 'Starts on'],
    ['end-freeze', enter('End Acceptance tests'), 'accepts ordinary changes'],
  ]),
  ...on('/notifications', 'ops', [
    ['create-subscription', enter('Create a subscription'), 'Create the subscription'],
    ['edit-subscription', enter('Edit ops'), 'Lowest severity'],
    ['test-subscription', enter('Test ops'), 'was not delivered'],
    ['delete-subscription', enter('Delete ops'), 'Its pending messages'],
  ]),
  ...on('/settings', 'this browser', [
    ['create-environment', enter('Create an environment'), 'Create the environment'],
    ['edit-environment', enter('Edit production'), 'Save'],
    ['delete-environment', enter('Delete production'), 'refuses the deletion'],
    ['delete-project', enter(/^Delete the project/), 'are deleted for ever'],
  ]),
]

/** Returns the panels that open on a screen. */
function on(url: string, text: string, rows: readonly Row[]): readonly Panel[] {
  return rows.map(([name, steps, shown, more]) => ({
    name,
    url,
    text,
    steps: [steps].flat(),
    shown,
    kind: 'dialog',
    ...more,
  }))
}

const SELECTORS = {
  dialog: 'dialog',
  menu: '[popover]:popover-open',
  form: 'main [role=group][aria-label]:not([role=group] *)',
  part: 'main',
} as const

/** Returns the selector of the element of a panel. */
export const selectorOf = ({ kind }: Panel): string => SELECTORS[kind]

/** Returns the panel of a name. @throws {Error} if there is none */
export function panelOf(name: string): Panel {
  const found = PANELS.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no panel "${name}".`)
  return found
}

/**
 * Opens a panel on its screen by keyboard alone. Returns the element that had the focus before each
 * step.
 */
export async function openPanel(page: Page, panel: Panel) {
  const focused = []
  for (const { control: [role, name] = [], ...input } of panel.steps) {
    const options = name === undefined ? {} : { name, exact: true }
    if (role) await page.getByRole(role, options).first().focus()
    focused.push(await page.evaluateHandle(() => document.activeElement))
    if ('keys' in input) await page.keyboard.press(input.keys)
    else await page.keyboard.insertText(input.text)
  }
  await page.locator(selectorOf(panel)).getByText(panel.shown).first().waitFor()
  return focused
}
