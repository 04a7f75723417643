import type { ProjectState } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { driftScopes, MAX_SCOPES } from '../drift/drift-scopes.ts'
import { findDrift } from '../drift/find-drift.ts'
import { type Columns, visibleColumns } from '../matrix/columns.ts'
import { memoise } from '../memoise.ts'
import type { AttentionView } from './rollout-items.ts'
import type { Attention } from './schemas.ts'

/** Time for which an answer is kept while the project does not change; notes still expire. */
const FRESH_MS = 60_000

interface Answer {
  /** Epoch ms. */
  readonly at: number
  readonly drift: Promise<Attention['drift']>
}

/** The latest answers for a state, by the scope of the key. */
const answersOf = memoise((_: ProjectState) => new Map<string | undefined, Answer>())

/**
 * Returns the unexplained drift between the instances of the most important environment that a key
 * sees; undefined if it sees fewer than two of them, or more than one comparison may have.
 */
export function unexplainedDrift(
  state: ProjectState,
  view: AttentionView,
): Promise<Attention['drift']> {
  const answers = answersOf(state)
  const known = answers.get(view.bound)
  if (known !== undefined && view.now - known.at < FRESH_MS) return known.drift
  const drift = findUnexplained(state, view)
  answers.set(view.bound, { at: view.now, drift })
  return drift
}

async function findUnexplained(
  state: ProjectState,
  { bound, now }: AttentionView,
): Promise<Attention['drift']> {
  const columns = visibleColumns(state, bound)
  const environment = mostImportant(state, columns)
  const isTooLarge = columns.instances.length > MAX_SCOPES
  if (environment === undefined || isTooLarge || bound?.includes('/')) return undefined
  const list = `${environment}/*`
  const scopes = driftScopes(list, [], { state, columns, bound })
  if (scopes.length < 2) return undefined
  const isInUse = ({ archivedAt }: Flag) => archivedAt === undefined
  const found = await findDrift(state, { scopes, matches: isInUse, now })
  return { scopes: list, flags: found.filter(({ unexplained }) => unexplained > 0).length }
}

/** The first protected environment; without one, the last of all. */
function mostImportant(state: ProjectState, { environments }: Columns): string | undefined {
  return environments.find((key) => state.environments.get(key)?.protected) ?? environments.at(-1)
}
