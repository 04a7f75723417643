import { EVERYWHERE, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { onlyVariant, SEVERAL } from '../../flags/only-variant.ts'
import type { PastFlags } from './past-flags.ts'

/** The reach of a flag in a scope: one variant for all users, or several. */
export type Served =
  | { readonly to: 'nobody' }
  | { readonly to: 'all'; readonly variant: string }
  | { readonly to: 'some' }

const NOBODY: Served = { to: 'nobody' }

/** Returns the reach of a flag in a scope: no user if it is off, killed or archived. */
export function servedOf(past: PastFlags, key: string, scope: string): Served {
  const flag = past.flags.get(key)
  if (flag === undefined || flag.archivedAt !== undefined || !flag.layers[EVERYWHERE]) return NOBODY
  return settled({ instances: past.instances }, flag, scope)
}

function settled(state: Pick<PastFlags, 'instances'>, flag: Flag, scope: string): Served {
  const { configuration } = resolveInScope(state, flag, scope)
  const { rollout, ...settings } = configuration
  const isDriven =
    rollout !== undefined && (rollout.share > 0 || (rollout.segments ?? []).length > 0)
  const variant = onlyVariant(isDriven ? configuration : settings)
  if (variant === SEVERAL) return { to: 'some' }
  return variant === settings.off || variant === '' ? NOBODY : { to: 'all', variant }
}
