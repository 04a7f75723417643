import { buildScope, isSelected, type ProjectState, parseScope } from '@flaghoist/core/model'
import type { Freeze, Instance } from '@flaghoist/core/schema'
import { phaseAt } from './periods.ts'

/** A freeze in force. */
export interface Frozen {
  readonly freeze: Freeze
  /** Epoch ms of its end; infinite if it never ends. */
  readonly until: number
}

/**
 * Returns the freeze in force in a scope that ends last; undefined for none.
 * @param scope an environment, or an instance in one
 * @param at epoch ms
 */
export function frozenAt(state: ProjectState, scope: string, at: number): Frozen | undefined {
  const instance = instanceIn(state, scope)
  let last: Frozen | undefined
  for (const freeze of freezesOf(state, scope)) {
    const { isInside, until } = phaseAt(freeze.window, zoneIn(freeze, instance), at)
    if (isInside && (last === undefined || until > last.until)) last = { freeze, until }
  }
  return last
}

/** Lists the scopes of an environment in which a freeze is in force, with its end in each. */
export function frozenScopes(
  state: ProjectState,
  freeze: Freeze,
  environment: string,
  at: number,
): ReadonlyMap<string, number> {
  const ends = new Map<string, number | undefined>()
  const endIn = (zone: string) => {
    if (!ends.has(zone)) {
      const { isInside, until } = phaseAt(freeze.window, zone, at)
      ends.set(zone, isInside ? until : undefined)
    }
    return ends.get(zone)
  }
  const found = new Map<string, number>()
  for (const instance of [undefined, ...state.instances.values()]) {
    if (!selects(freeze, environment, instance)) continue
    const end = endIn(zoneIn(freeze, instance))
    if (end !== undefined) found.set(buildScope(environment, instance?.key), end)
  }
  return found
}

/** Returns the freezes that select a scope, in force or not. */
export function freezesOf(state: ProjectState, scope: string): readonly Freeze[] {
  const { environment } = parseScope(scope)
  if (state.freezes.size === 0 || environment === undefined) return []
  const instance = instanceIn(state, scope)
  return [...state.freezes.values()].filter((freeze) => selects(freeze, environment, instance))
}

/** Returns the zone of a freeze for an instance, or for an environment itself. */
export function zoneIn({ zone }: Freeze, instance: Instance | undefined): string {
  return zone === 'instance' ? zoneOf(instance) : zone
}

/** Returns the zone of an instance; UTC for an environment itself. */
export function zoneOf(instance: Instance | undefined): string {
  return instance?.timeZone ?? 'UTC'
}

/** Returns the instance of a scope; undefined for an environment itself. */
export function instanceIn({ instances }: ProjectState, scope: string): Instance | undefined {
  const { instance } = parseScope(scope)
  return instance === undefined ? undefined : instances.get(instance)
}

function selects(
  { environments, instances }: Freeze,
  environment: string,
  instance: Instance | undefined,
): boolean {
  if (environments !== undefined && !environments.includes(environment)) return false
  return instances === undefined || (instance !== undefined && isSelected(instance, instances))
}
