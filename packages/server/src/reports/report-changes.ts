import {
  EVERYWHERE,
  isWithin,
  type ProjectState,
  parseRunKey,
  scopeChain,
} from '@flaghoist/core/model'
import type { Change, LoggedEdit } from '@flaghoist/core/schema'
import { incidentsOf } from '../changes/incidents.ts'
import { authorName } from '../projects/author-name.ts'
import { changeText } from './change-text.ts'
import {
  concernsEdit,
  concernsFlag,
  concernsScope,
  type ReportFilter,
  rolloutOf,
} from './report-filter.ts'
import type { Entry, Report } from './schemas.ts'

type Kill = Omit<Report['kills'][number], 'connected' | 'confirmed' | 'maxMs'>

/** The entries of a report that come from the change log. */
export interface LoggedEntries {
  readonly changes: Report['changes']
  readonly kills: Kill[]
  readonly rollouts: Report['rollouts']
  readonly overrides: Report['overrides']
}

const SHOWN_CHANGES = 50

/** Sorts changes into the entries of a report. Keeps their order. */
export function sortChanges(
  state: ProjectState,
  changes: readonly Change[],
  filter: ReportFilter,
): LoggedEntries {
  const seen = changes.flatMap((change) => {
    const edits = change.edits.filter((edit) => concernsEdit(state, edit, filter))
    return edits.length === 0 ? [] : [{ change, edits }]
  })
  const byPeople = seen.filter(({ change, edits }) => isOrdinary(change, edits))
  return {
    changes: {
      total: byPeople.length,
      items: byPeople
        .slice(0, SHOWN_CHANGES)
        .map(({ change, edits }) => ({ ...entryOf(change), text: changeText(change, edits) })),
    },
    kills: seen.flatMap(({ change }) => killsOf(state, change, filter)),
    rollouts: seen.flatMap(({ change, edits }) => decisionsOf(change, edits)),
    overrides: seen.flatMap(({ change, edits }) =>
      change.overrides === undefined
        ? []
        : { ...entryOf(change), text: changeText(change, edits), freezes: change.overrides },
    ),
  }
}

function isOrdinary({ action }: Change, edits: readonly LoggedEdit[]): boolean {
  return !action.startsWith('flag.kill') && edits.every((edit) => rolloutOf(edit) === undefined)
}

/** Returns the kills of a change; a kill by tag has one entry, for the scope around all of its. */
function killsOf(state: ProjectState, change: Change, filter: ReportFilter): Kill[] {
  return incidentsOf(state, change).flatMap(({ kind, text, ...killed }): Kill[] => {
    const scopes = killed.scopes.filter((scope) => concernsScope(scope, filter))
    const flags = killed.flags.filter((flag) => concernsFlag(state, flag, filter))
    const [flag] = flags
    if (kind !== 'kill' || flag === undefined || scopes.length === 0) return []
    const isOne = flags.length === 1 && scopes.length === 1
    const extent = isOne ? '' : ` Killed by tag: ${flags.length} flags in ${scopes.length} scopes.`
    return [{ ...entryOf(change), text: text + extent, flag, scope: scopeAround(scopes) }]
  })
}

/** Returns the most specific scope that contains all the others. */
function scopeAround(scopes: readonly string[]): string {
  const [first = EVERYWHERE] = scopes
  const around = scopeChain(first).filter((outer) => scopes.every((one) => isWithin(one, outer)))
  return around.at(-1) ?? EVERYWHERE
}

/** Actions of a rollout as a whole, which begin many runs. */
const OF_ROLLOUT: ReadonlySet<string> = new Set(['rollout.start', 'rollout.wave'])

/** A change that moves a run and its rollout has an entry for the run alone. */
function decisionsOf(change: Change, edits: readonly LoggedEdit[]): Report['rollouts'] {
  const runs = edits.filter((edit) => edit.kind === 'run')
  const decided = runs.length > 0 ? runs : edits.filter((edit) => edit.kind === 'rollout')
  const isStart = change.action === 'rollout.start'
  const isWhole = OF_ROLLOUT.has(change.action)
  return decided.slice(0, isWhole ? 1 : undefined).map((edit) => {
    const scope = edit.kind === 'run' && !isWhole ? parseRunKey(edit.key).scope : undefined
    const own = isStart ? 'The rollout was started.' : edit.after?.reason?.text
    const text = change.reason ?? own ?? `${change.action}.`
    const { action } = change
    return { ...entryOf(change), text, rollout: rolloutOf(edit)!, ...(scope && { scope }), action }
  })
}

function entryOf({ seq, at, actor }: Change): Omit<Entry, 'text'> {
  return { version: seq, at, actor: authorName(actor) }
}
