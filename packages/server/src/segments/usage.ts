import {
  type ProjectState,
  segmentsInLayers,
  segmentsNamedBy,
  segmentsOfPlan,
} from '@flaghoist/core/model'
import type { Flag, Plan } from '@flaghoist/core/schema'
import { isVisibleEntity, visibleFlag } from '../projects/visibility.ts'

/** The entities that name a segment. */
export interface SegmentUse {
  /** Live flags with the scopes of their layers that name it. */
  readonly flags: { readonly key: string; readonly scopes: string[] }[]
  readonly plans: string[]
  /** Rollouts that have not ended. */
  readonly rollouts: string[]
}

/** Returns the use of each segment, as far as a key of a scope may see it. */
export function usesOfSegments(
  state: ProjectState,
  bound: string | undefined,
): ReadonlyMap<string, SegmentUse> {
  const uses = new Map([...state.segments.keys()].map((key) => [key, newUse()]))
  for (const flag of state.flags.values())
    if (flag.archivedAt === undefined) addFlag(uses, flag, bound)
  const isSeen = (kind: 'plan' | 'rollout', key: string) =>
    isVisibleEntity(state, { kind, key }, bound)
  for (const plan of state.plans.values())
    if (isSeen('plan', plan.key))
      for (const segment of namedBy(plan)) uses.get(segment)?.plans.push(plan.key)
  for (const { key, plan, endedAt } of state.rollouts.values())
    if (endedAt === undefined && isSeen('rollout', key))
      for (const segment of namedBy(plan)) uses.get(segment)?.rollouts.push(key)
  return uses
}

function addFlag(
  uses: ReadonlyMap<string, SegmentUse>,
  flag: Flag,
  bound: string | undefined,
): void {
  for (const segment of segmentsInLayers(flag)) {
    const scopes = scopesNaming(segment, visibleFlag(flag, bound))
    if (scopes.length > 0) uses.get(segment)?.flags.push({ key: flag.key, scopes })
  }
}

const newUse = (): SegmentUse => ({ flags: [], plans: [], rollouts: [] })

const namedBy = (plan: Pick<Plan, 'waves'>) => new Set(segmentsOfPlan(plan))

function scopesNaming(segment: string, { layers }: Flag): string[] {
  return Object.entries(layers)
    .filter(([, layer]) => segmentsNamedBy(layer).includes(segment))
    .map(([scope]) => scope)
}
