import { affectedFlags, type ProjectState } from '@flaghoist/core/model'
import type { z } from 'zod'
import { readRisks } from '../flags/risk/read-risk.ts'
import { type Exchange, previewOf } from '../http/commit-and-reply.ts'
import { scopesIn } from '../matrix/columns.ts'
import { cellsIn } from '../matrix/flag-cells.ts'
import { memoise } from '../memoise.ts'
import { mapInTurns } from '../pause.ts'
import type { LiveProject, Write } from '../projects/projects.ts'
import { isVisible, visibleEnvironments } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import type { EditsPreview, FlagPreview } from './schemas.ts'

/** Edits that are not made yet: the states before and after them, as a key may see them. */
export interface PlannedEdits {
  readonly project: Pick<LiveProject, 'key' | 'epoch' | 'state'>
  readonly before: ProjectState
  readonly after: ProjectState
  /** Scope that the key is bound to. */
  readonly bound: string | undefined
}

/** Previews a write of flags, and sends the ETag that the write can name. */
export async function previewEdits(
  services: Services,
  exchange: Exchange,
  write: Write,
): Promise<z.infer<typeof EditsPreview>> {
  const { projects } = services
  const project = projects.get(write.project)
  const { before, state: after, warnings } = await previewOf(projects, exchange, write)
  const bound = exchange.request.principal.scope
  const flags = await previewFlags(services, { project, before, after, bound })
  return { version: before.version, flags, ...(warnings.length > 0 && { warnings: [...warnings] }) }
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
  const [was, is] = [before.flags.get(key), after.flags.get(key)]
  if (was === undefined || is === undefined) return []
  return [...after.environments.keys()].flatMap((environment) => {
    const from = cellsIn(before, was, environment).cells
    const to = cellsIn(after, is, environment).cells
    const places = placesOf(scopesIn(before.instances, environment))
    return scopesIn(after.instances, environment).flatMap((scope, i) => {
      const known = from[places.get(scope) ?? -1]
      const isChanged = known !== undefined && known !== to[i] && isVisible(scope, bound)
      return isChanged ? [{ scope, from: known, to: to[i]! }] : []
    })
  })
}

/** The position of each scope in a list. */
const placesOf = memoise(
  (scopes: readonly string[]): ReadonlyMap<string, number> =>
    new Map(scopes.map((scope, i) => [scope, i])),
)
