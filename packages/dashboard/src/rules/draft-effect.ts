import type { Settings } from './settings.ts'
import type { Effect } from './settings-requests.ts'

/** The effect of edits, with the settings that it is the effect of. */
export interface DraftEffect {
  readonly settings: Settings
  readonly effect: Effect
}
