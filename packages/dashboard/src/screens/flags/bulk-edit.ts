import type { FlagEdit } from '../../flag/edits-requests.ts'
import { type SwitchState, type SwitchVariants, switchPatch } from '../../flag/switch-patch.ts'
import type { MatrixRow } from '../../matrix/matrix-requests.ts'
import type { FlagTarget } from '../../matrix/selection.svelte.ts'
import { stateAt } from '../../matrix/state-at.ts'
import { count } from '../../parts/format.ts'

/** Edits of one change, at most. */
export const MAX_EDITS = 500

/** State that flags get in scopes; `inherit` deletes their layers. */
export type BulkState = SwitchState | 'inherit'

/** A flag in a scope. */
export interface BulkTarget {
  readonly flag: string
  readonly scope: string
}

/**
 * Returns the flags and scopes of a selection, in order and each once.
 * @param scopes scopes in which whole flags are edited
 */
export function bulkTargets(
  selected: readonly FlagTarget[],
  scopes: readonly string[],
): readonly BulkTarget[] {
  const all = selected.flatMap(({ flag, scope }) =>
    scope === undefined ? scopes.map((one) => ({ flag, scope: one })) : { flag, scope },
  )
  const byName = new Map(all.map((target) => [`${target.flag}@${target.scope}`, target]))
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target)
}

/** Returns the selected flags and cells in words, such as `3 cells of 2 flags`. */
export function selectionText(selected: readonly FlagTarget[]): string {
  const whole = selected.filter(({ scope }) => scope === undefined)
  const cells = selected.filter(({ scope }) => scope !== undefined)
  const ofFlags = count(new Set(cells.map(({ flag }) => flag)).size, 'flag')
  return [
    ...(whole.length > 0 ? [count(whole.length, 'flag')] : []),
    ...(cells.length > 0 ? [`${count(cells.length, 'cell')} of ${ofFlags}`] : []),
  ].join(' and ')
}

/** Returns the targets that have a layer of their own. */
export function withLayer(
  targets: readonly BulkTarget[],
  {
    rows,
    instances,
  }: { readonly rows: readonly MatrixRow[]; readonly instances: readonly string[] },
): readonly BulkTarget[] {
  const byKey = new Map(rows.map((row) => [row.key, row]))
  return targets.filter(({ flag, scope }) => {
    const [environment = '', instance] = scope.split('/')
    const position = instance === undefined ? 0 : instances.indexOf(instance) + 1
    const row = byKey.get(flag)
    return row !== undefined && stateAt(row, environment, position).isOwn
  })
}

interface BulkEdit {
  readonly state: BulkState
  /** Share of the users, for `share` alone. */
  readonly percent: number
  /** Variants of the boolean flags, by the key of the flag. */
  readonly variants: ReadonlyMap<string, SwitchVariants>
}

/** Returns the edits that give targets a state. */
export function editsOf(
  targets: readonly BulkTarget[],
  { state, percent, variants }: BulkEdit,
): readonly FlagEdit[] {
  return targets.map(({ flag, scope }) => {
    const layer = state === 'inherit' ? null : switchPatch(state, variants.get(flag), percent)
    return { flag, scope, layer }
  })
}
