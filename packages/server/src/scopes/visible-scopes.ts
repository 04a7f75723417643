import { entityName, type ProjectState } from '@flaghoist/core/model'
import { versionOf } from '../projects/checks.ts'
import { isVisibleEntity } from '../projects/visibility.ts'
import type { ProjectScopes } from './schemas.ts'

/** Returns the environments and instances that a key may see. @param bound scope of the key */
export function visibleScopes(state: ProjectState, bound: string | undefined): ProjectScopes {
  const shown = <T extends { readonly key: string }>(
    kind: 'environment' | 'instance',
    entities: ReadonlyMap<string, T>,
  ) =>
    [...entities.values()]
      .filter(({ key }) => isVisibleEntity(state, { kind, key }, bound))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((entity) => ({
        ...entity,
        version: versionOf(state, [entityName({ kind, key: entity.key })]),
      }))
  return {
    environments: shown('environment', state.environments).sort((a, b) => a.order - b.order),
    instances: shown('instance', state.instances),
  }
}
