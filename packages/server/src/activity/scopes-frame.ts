import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { visibleScopes } from '../scopes/visible-scopes.ts'
import { eventFrame } from './frames.ts'

/** The frames of a state by the scope of the keys. Most changes edit no environment or instance. */
const framesOf = memoise((_: ProjectState['instances']) =>
  memoise((_: ProjectState['environments']) => new Map<string | undefined, Buffer>()),
)

/** Returns the event with the environments and instances that a key of a scope may see. */
export function scopesFrame(state: ProjectState, bound: string | undefined): Buffer {
  const frames = framesOf(state.instances)(state.environments)
  return getOrSet(frames, bound, () => eventFrame('scopes', visibleScopes(state, bound)))
}

/** Checks that a change edits an environment or an instance. */
export function editsScopes({ edits }: Pick<Change, 'edits'>): boolean {
  return edits.some(({ kind }) => kind === 'environment' || kind === 'instance')
}
