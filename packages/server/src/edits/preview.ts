import { affectedFlags, type ProjectState } from '@flaghoist/core/model'
import { readRisks } from '../flags/risk/read-risk.ts'
import { scopesIn } from '../matrix/columns.ts'
import { cellsIn } from '../matrix/flag-cells.ts'
import { mapInTurns } from '../pause.ts'
import type { LiveProject } from '../projects/projects.ts'
import { isVisible, visibleEnvironments } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import type { FlagPreview } from './schemas.ts'

/** Edits that are not made yet: the states before and after them, as a key may see them. */
export interface PlannedEdits {
  readonly project: Pick<LiveProject, 'key' | 'epoch' | 'state'>
  readonly before: ProjectState
  readonly after: ProjectState
  /** Scope that the key is bound to. */
  readonly bound: string | undefined
}

/** Returns the effect of edits on each flag that they change or affect. */
export async function previewFlags(
  services: Pick<Services, 'stores' | 'now'>,
  edits: PlannedEdits,
): Promise<FlagPreview[]> {
  const flags = changedFlags(edits)
  const risks = await readRisks(services, edits, flags)
  return mapInTurns(flags, (flag, i) => {
    const cells = changedCells(edits, flag)
    return { flag, cells, risk: risks[i]! }
  })
}

/** Lists flags that were edited, and those that are served differently, such as by a segment. */
function changedFlags({ before, after, bound }: PlannedEdits): readonly string[] {
  const edited = [...after.flags.keys()].filter(
    (key) => before.flags.get(key) !== after.flags.get(key),
  )
  const isWide =
    before.segmentRevisions !== after.segmentRevisions ||
    before.instanceRevisions !== after.instanceRevisions
  if (!isWide) return edited.sort()
  const affected = visibleEnvironments(after, bound).flatMap((environment) =>
    affectedFlags(before, after, environment),
  )
  return [...new Set([...edited, ...affected])].sort()
}

function changedCells({ before, after, bound }: PlannedEdits, key: string): FlagPreview['cells'] {
  const [from, to] = [cellsByScope(before, key), cellsByScope(after, key)]
  return [...to]
    .filter(([scope]) => isVisible(scope, bound))
    .flatMap(([scope, cell]) => {
      const known = from.get(scope)
      return known === undefined || known === cell ? [] : { scope, from: known, to: cell }
    })
}

/** Returns the character of each scope. A flag that does not exist has none. */
function cellsByScope(state: ProjectState, key: string): ReadonlyMap<string, string> {
  const flag = state.flags.get(key)
  if (flag === undefined) return new Map()
  return new Map(
    [...state.environments.keys()].flatMap((environment) => {
      const { cells } = cellsIn(state, flag, environment)
      return scopesIn(state.instances, environment).map((scope, i) => [scope, cells[i]!] as const)
    }),
  )
}
