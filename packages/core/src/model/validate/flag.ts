import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Flag, Variant } from '../../schema/index.ts'
import { sameKeyInOtherCase } from '../same-key.ts'
import type { ProjectState } from '../state.ts'
import { validateLayer } from './layer.ts'
import { validateScope } from './scope.ts'

/**
 * Returns the issues of a flag's definition, and of its layers under that definition. Skips the
 * layers that their own edits check.
 *
 * @param isCheckedHere selects the scopes of the layers to check
 */
export function validateFlag(
  before: ProjectState,
  after: ProjectState,
  key: string,
  isCheckedHere: (scope: string) => boolean,
): readonly Issue[] {
  const flag = after.flags.get(key)
  if (flag === undefined) return []
  const own = [...validateIdentity(before, after, flag), ...validateVariants(flag)]
  // Nothing serves an archived flag. Entities that its layers name may be deleted meanwhile.
  if (flag.archivedAt !== undefined) return own
  // The layer `*` is required, so it is checked even if it is missing.
  const scopes = [...new Set(['*', ...Object.keys(flag.layers)])].filter(isCheckedHere)
  return [
    ...own,
    ...validateReturn(before, after, flag),
    ...scopes.flatMap((scope) =>
      validateLayer(after, flag, scope).map(({ path, message }) => ({
        path: `layers.${scope}.${path}`,
        message,
      })),
    ),
  ]
}

/** The scopes of a flag that is unarchived: they may have been deleted meanwhile. */
function validateReturn(before: ProjectState, after: ProjectState, flag: Flag): readonly Issue[] {
  if (before.flags.get(flag.key)?.archivedAt === undefined) return []
  return Object.keys(flag.layers).flatMap((scope) =>
    validateScope(after, scope).map(({ path, message }) => ({
      path: `layers.${scope}.${path}`,
      message: `${message} Or delete the layer before you unarchive the flag.`,
    })),
  )
}

/** A key is never reused: code that still evaluates a deleted flag must never get another flag. */
function validateIdentity(
  before: ProjectState,
  after: ProjectState,
  { key, type }: Flag,
): readonly Issue[] {
  const existing = before.flags.get(key)
  if (existing === undefined && before.editedAt.has(`flag:${key}`))
    return [
      {
        path: 'key',
        message: `The key "${key}" belonged to a deleted flag and cannot be reused. Choose another key.`,
      },
    ]
  const other = existing === undefined ? sameKeyInOtherCase(after.flags, key) : undefined
  if (other !== undefined)
    return [
      {
        path: 'key',
        message: `The key "${key}" differs from "${other}" only by case. Choose another key.`,
      },
    ]
  if (existing !== undefined && existing.type !== type)
    return [
      {
        path: 'type',
        message: `The type of flag "${key}" cannot change from ${existing.type} to ${type}, because code depends on it. Create a new flag of type ${type}.`,
      },
    ]
  return []
}

function validateVariants({ variants, type }: Flag): readonly Issue[] {
  const issues: Issue[] = []
  const seen = new Set<string>()
  for (const [i, variant] of variants.entries()) {
    if (seen.has(variant.key))
      issues.push({
        path: `variants.${i}.key`,
        message: `Two variants have the key "${variant.key}". Rename one of them.`,
      })
    seen.add(variant.key)
    const message = valueProblem(variant, type)
    if (message !== undefined) issues.push({ path: `variants.${i}.value`, message })
  }
  return issues
}

function valueProblem({ key, value }: Variant, type: Flag['type']): string | undefined {
  const text = JSON.stringify(value)
  if (type !== 'json' && typeof value !== type)
    return `The value of variant "${key}" is ${shortened(text)}, but the flag's type is ${type}. Set a ${type} value.`
  const bytes = new TextEncoder().encode(text).length
  if (bytes > LIMITS.valueBytes)
    return `The value of variant "${key}" has ${bytes} bytes of JSON; the limit is ${LIMITS.valueBytes}. Store the data elsewhere and set its URL as the value.`
  return undefined
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
