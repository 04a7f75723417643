import { affectedScopes } from '@flaghoist/core/model'
import type { Freeze } from '@flaghoist/core/schema'
import { frozenScopes } from '../calendar/frozen.ts'
import { untilText } from '../calendar/instant-text.ts'
import { problem } from '../errors.ts'
import type { Attempt, Policy } from '../projects/projects.ts'

/** A flag in a frozen scope, which a write affects. */
interface Hit {
  readonly freeze: Freeze
  readonly scope: string
  readonly flag: string
  readonly until: number
}

/**
 * Freezes scopes: refuses a write that affects how a flag is served in a frozen scope, unless it
 * overrides freezes. Kills, restores and rollbacks are urgent and pass. The state before the
 * write decides, so that no write lifts a freeze for itself.
 * @param now wall clock, epoch ms
 * @throws {FlaghoistError} `SCOPE_FROZEN`
 */
export function freezePolicy(now: () => number): Policy {
  return (attempt) => {
    const at = now()
    const hits = [...attempt.before.freezes.values()].flatMap(
      (freeze) => firstHit(freeze, attempt, at) ?? [],
    )
    if (attempt.write.override === 'freeze') return hits.map(({ freeze }) => freeze.key).sort()
    const [hit] = hits.sort((one, other) => (one.until > other.until ? -1 : 1))
    if (hit === undefined) return []
    const { freeze, scope, flag, until } = hit
    throw problem('SCOPE_FROZEN', { freeze: freeze.key, scope, flag, until: untilText(until) })
  }
}

/** Returns the first flag that a write affects in a scope in which a freeze is in force. */
function firstHit(freeze: Freeze, { before, after }: Attempt, at: number): Hit | undefined {
  for (const environment of before.environments.keys()) {
    const frozen = frozenScopes(before, freeze, environment, at)
    if (frozen.size === 0) continue
    const [first] = affectedScopes(before, after, [...frozen.keys()])
    if (first === undefined) continue
    const [scope, flag] = first
    return { freeze, scope, flag, until: frozen.get(scope)! }
  }
  return undefined
}
