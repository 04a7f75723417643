import { Actor, Kill } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { Caller, Write } from '../projects/projects.ts'
import { killByTag, killFlag } from './plan.ts'

const TagMap = z.record(z.string(), z.string())

/** The flags that a kill names or selects. */
const Target = z.union([
  z.object({ flag: z.string(), scopes: z.array(z.string()).readonly().optional() }),
  z.object({
    selector: z.object({
      flagTags: TagMap.optional(),
      instanceTags: TagMap.optional(),
      environments: z.array(z.string()).readonly().optional(),
    }),
  }),
])

/** A kill with its author: everything that its commit needs, also in another process. */
export const KillOrder = z.object({
  project: z.string(),
  target: Target,
  kill: Kill,
  actor: Actor,
  /** Scope that the key of the author is bound to. */
  scope: z.string().optional(),
  requestId: z.string(),
})

export type KillOrder = z.infer<typeof KillOrder>

export function writeOf({ project, target, kill, actor, scope }: KillOrder): Write {
  return 'flag' in target
    ? killFlag({ project, ...target }, kill, { name: actor.name, scope })
    : killByTag({ project, selector: target.selector }, kill, scope)
}

export function callerOf({ actor, scope, requestId }: KillOrder): Caller {
  return { authority: { actor, scope }, requestId }
}
