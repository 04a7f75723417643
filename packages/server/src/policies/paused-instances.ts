import { affectedFlags, buildScope } from '@flaghoist/core/model'
import { problem } from '../errors.ts'
import type { Policy } from '../projects/projects.ts'

/**
 * Freezes paused instances: refuses a write that affects how a flag is served there. Kills,
 * restores and rollbacks are urgent and pass. A layer that repeats the current configuration
 * passes too, so that an instance can be pinned before its environment changes.
 * @throws {FlaghoistError} `INSTANCE_PAUSED`
 */
export const pausedInstances: Policy = ({ before, after }) => {
  const paused = [...before.instances.values()].filter(
    ({ key, status }) => status === 'paused' && after.instances.get(key)?.status === 'paused',
  )
  for (const { key: instance } of paused)
    for (const environment of before.environments.keys()) {
      const scope = buildScope(environment, instance)
      const [flag] = affectedFlags(before, after, scope)
      if (flag !== undefined) throw problem('INSTANCE_PAUSED', { instance, flag, scope })
    }
}
