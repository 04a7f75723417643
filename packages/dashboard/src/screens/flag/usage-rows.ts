import type { FlagUsage } from '../../flag/flag-requests.ts'

type Program = FlagUsage['sdks'][number]

/** A row of the table: a program, or a scope with exposures and without a program. */
interface UsageRow {
  readonly id: string
  readonly scope: string
  readonly sdk?: Program
  /** Name of the SDK, without its version. */
  readonly name: string
  readonly version: string
  /** Instant of the last exposure in the scope. */
  readonly exposedAt: string | undefined
}

/** Returns a row for each program, and one for each other scope with exposures; by scope. */
export function usageRows({ sdks, lastExposures }: FlagUsage): readonly UsageRow[] {
  const exposed = new Map(lastExposures.map(({ scope, at }) => [scope, at]))
  const programs = sdks.map((sdk): UsageRow => {
    const { id, scope, audience, name } = sdk
    // Such as `@flaghoist/node/0.1.0`.
    const end = name.lastIndexOf('/')
    return {
      id: `${scope} ${audience} ${id}`,
      scope,
      sdk,
      name: end < 0 ? name : name.slice(0, end),
      version: end < 0 ? '' : name.slice(end + 1),
      exposedAt: exposed.get(scope),
    }
  })
  const running = new Set(sdks.map(({ scope }) => scope))
  const others = [...exposed]
    .filter(([scope]) => !running.has(scope))
    .map(([scope, exposedAt]) => ({ id: scope, scope, name: '', version: '', exposedAt }))
  return [...programs, ...others].sort((a, b) => a.scope.localeCompare(b.scope))
}
