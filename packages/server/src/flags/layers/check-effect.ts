import { stepWithoutEffect } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'

/**
 * Rejects a written layer whose rollout or last rule changes no evaluation in its scope. Imports
 * and reverts restore earlier settings, so they are not checked.
 * @param before the flag before the write; undefined for a new flag
 * @throws {FlaghoistError} `ROLLOUT_WITHOUT_EFFECT`
 */
export function checkEffect(before: Flag | undefined, after: Flag, scope: string): void {
  const useless = stepWithoutEffect(before, after, scope)
  if (useless === undefined) return
  const other = after.variants.findLast(({ key }) => key !== useless.variant)
  throw problem('ROLLOUT_WITHOUT_EFFECT', {
    ...useless,
    flag: after.key,
    scope,
    serve: JSON.stringify({ variant: other?.key ?? useless.variant }),
  })
}
