import { EVERYWHERE, type ProjectState } from '@flaghoist/core/model'
import type { Flag, Kill } from '@flaghoist/core/schema'
import { listed, quoted } from '../delivery/notices/notice.ts'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { isVisible } from '../projects/visibility.ts'
import type { AttentionView } from './rollout-items.ts'
import type { AttentionItem } from './schemas.ts'

/** Returns the kills that are in force, one item for each request that has made them. */
export function killItems(state: ProjectState, { bound }: AttentionView): readonly AttentionItem[] {
  const kills = new Map<string, { kill: Kill; flags: Set<string>; scopes: Set<string> }>()
  for (const flag of state.flags.values())
    for (const { scope, kill } of killsOf(flag)) {
      if (flag.archivedAt !== undefined || !isVisible(scope, bound)) continue
      const make = () => ({ kill, flags: new Set<string>(), scopes: new Set<string>() })
      const one = getOrSet(kills, JSON.stringify(kill), make)
      one.flags.add(flag.key)
      one.scopes.add(scope)
    }
  return [...kills.values()].map(({ kill, flags, scopes }) => itemOf(kill, [...flags], [...scopes]))
}

function itemOf(
  { at, by, reason }: Kill,
  flags: readonly string[],
  scopes: readonly string[],
): AttentionItem {
  const places = scopes.map((scope) => (scope === EVERYWHERE ? 'all environments' : scope))
  return {
    kind: 'killed',
    severity: 'warning',
    since: at,
    what: `${by} killed ${quoted(flags)} in ${listed(places)}.`,
    ...(reason !== '' && { reason }),
    todo: 'Use "restore" after a fix.',
    flags: [...flags],
    scopes: [...scopes],
    owner: by,
  }
}

/** A flag has its kills for as long as it stays the same object: most flags have none. */
const killsOf = memoise((flag: Flag): readonly { scope: string; kill: Kill }[] =>
  Object.entries(flag.layers).flatMap(([scope, { killed }]) =>
    killed === undefined ? [] : [{ scope, kill: killed }],
  ),
)
