import { buildScope, type ProjectState } from '@flaghoist/core/model'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { isVisibleEntity, visibleEnvironments } from '../projects/visibility.ts'
import type { Term } from '../query/parse-query.ts'

/** Environments and instances in the order of a matrix. */
export interface Columns {
  readonly environments: readonly string[]
  readonly instances: readonly string[]
}

/** Returns the keys of all instances, in order. */
const instanceColumns = memoise((instances: ProjectState['instances']): readonly string[] =>
  [...instances.keys()].sort(),
)

const scopesByEnvironment = memoise(
  (_: ProjectState['instances']) => new Map<string, readonly string[]>(),
)

/** Returns the scopes of the cells of an environment: its own, and those of all instances. */
export function scopesIn(
  instances: ProjectState['instances'],
  environment: string,
): readonly string[] {
  return getOrSet(scopesByEnvironment(instances), environment, () => [
    environment,
    ...instanceColumns(instances).map((instance) => buildScope(environment, instance)),
  ])
}

/** Returns the columns that a key may see. @param bound scope of the key */
export function visibleColumns(state: ProjectState, bound: string | undefined): Columns {
  const orderOf = (environment: string) => state.environments.get(environment)?.order ?? 0
  return {
    environments: visibleEnvironments(state, bound).toSorted((a, b) => orderOf(a) - orderOf(b)),
    instances: instanceColumns(state.instances).filter((key) =>
      isVisibleEntity(state, { kind: 'instance', key }, bound),
    ),
  }
}

/** Returns the first protected environment; without one, the last of all. */
export function mostImportantEnvironment(
  state: ProjectState,
  { environments }: Columns,
): string | undefined {
  return environments.find((key) => state.environments.get(key)?.protected) ?? environments.at(-1)
}

/** Returns the columns that the terms `env:` and `instance:` select. */
export function selectColumns(
  { environments, instances }: Columns,
  terms: readonly Term[],
): Columns {
  return {
    environments: select(environments, terms, 'env'),
    instances: select(instances, terms, 'instance'),
  }
}

function select(keys: readonly string[], terms: readonly Term[], qualifier: string) {
  const named = terms.filter((term) => term.qualifier === qualifier)
  return keys.filter((key) =>
    named.every(({ values, isNegated }) => values.includes(key) !== isNegated),
  )
}

/** Returns the positions of instances in the cells of an environment, which has the first one. */
export function positionsOf(
  { instances }: Pick<ProjectState, 'instances'>,
  selected: readonly string[],
): readonly number[] {
  const wanted = new Set(selected)
  return instanceColumns(instances).flatMap((key, i) => (wanted.has(key) ? [i + 1] : []))
}
