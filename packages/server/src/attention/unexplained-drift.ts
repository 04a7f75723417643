import { buildScope, isWithin, type ProjectState, readsInstances } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { findDrift } from '../drift/find-drift.ts'
import { mostImportantEnvironment, visibleColumns } from '../matrix/columns.ts'
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
 * sees, without retired ones; undefined if these are fewer than two.
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
  const environment = mostImportantEnvironment(state, columns)
  const instances = columns.instances.filter(
    (key) => state.instances.get(key)?.status !== 'retired',
  )
  if (environment === undefined || instances.length < 2) return undefined
  const scopes = instances.map((instance) => buildScope(environment, instance))
  const matches = (flag: Flag) => flag.archivedAt === undefined && canDiffer(flag, environment)
  const found = await findDrift(state, { scopes, matches, now })
  const flags = found.filter(({ unexplained }) => unexplained > 0).length
  return { scopes: `${environment}/*`, flags }
}

/**
 * Checks that instances of an environment, of which none is retired, can serve a flag differently.
 * Few flags can, and each change of a project asks for all of them again.
 */
function canDiffer(flag: Flag, environment: string): boolean {
  const isOwn = (scope: string) => scope !== environment && isWithin(scope, environment)
  return readsInstances(flag) || Object.keys(flag.layers).some(isOwn)
}
