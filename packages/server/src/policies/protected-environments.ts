import { affectedFlags } from '@flaghoist/core/model'
import { problem } from '../errors.ts'
import type { Attempt, Policy } from '../projects/projects.ts'

/**
 * Protects environments: a write that affects how a flag is served there, or that edits the
 * environment itself, needs an expected version and a reason. Kills, restores and rollbacks are
 * urgent and pass.
 * @throws {FlaghoistError} `ENVIRONMENT_PROTECTED`
 */
export const protectedEnvironments: Policy = (attempt) => {
  const missing = missingFrom(attempt)
  if (missing === undefined) return
  const { before } = attempt
  const environments = [...before.environments.values()].filter((one) => one.protected)
  const touched = environments.find(({ key }) => isTouched(attempt, key))
  if (touched !== undefined)
    throw problem('ENVIRONMENT_PROTECTED', { environment: touched.key, missing })
}

function missingFrom({ write, caller }: Attempt): string | undefined {
  const missing = [
    ...(caller.expected === undefined ? ['an If-Match header'] : []),
    ...(write.reason === undefined ? ['a reason'] : []),
  ]
  return missing.length === 0 ? undefined : missing.join(' and ')
}

function isTouched({ edits, before, after }: Attempt, environment: string): boolean {
  const isEdited = edits.some(({ kind, key }) => kind === 'environment' && key === environment)
  return isEdited || affectedFlags(before, after, environment).length > 0
}
