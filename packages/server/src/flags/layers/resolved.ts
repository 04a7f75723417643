import { type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { z } from 'zod'
import { findFlag } from '../find-flag.ts'
import type { LayerTarget } from './find-layer.ts'
import type { ResolvedFlag } from './schemas.ts'

/** The configuration that SDKs of a scope receive, with the layer that sets each member. */
export function resolvedIn(
  state: ProjectState,
  { flag, scope }: Omit<LayerTarget, 'project'>,
): z.infer<typeof ResolvedFlag> {
  return resolveInScope(state, findFlag(state, flag), scope) as z.infer<typeof ResolvedFlag>
}
