import { setInSteps } from '@flaghoist/core/internal'
import { entityName } from '@flaghoist/core/model'
import type { Segment } from '@flaghoist/core/schema'
import type { Write } from '../projects/projects.ts'
import { findEntity, type ResourceTarget } from '../resources/resource.ts'
import { segments } from './segments.ts'

/** Targeting keys that a list gains and loses. */
export interface ListEdit {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** Adds targeting keys to a list of a segment, and removes others. The order of the rest stays. */
export function editSegmentList(
  { project, key }: ResourceTarget,
  list: 'include' | 'exclude',
  { add, remove }: ListEdit,
): Write {
  return {
    project,
    action: 'segment.update',
    names: () => [entityName({ kind: 'segment', key })],
    *plan(state) {
      const segment = findEntity(state, segments, key) as Segment
      const kept = yield* setInSteps(segment[list])
      for (const one of remove) kept.delete(one)
      yield
      for (const one of add) kept.add(one)
      yield
      return [{ kind: 'segment', key, after: { ...segment, [list]: [...kept] } }]
    },
  }
}
