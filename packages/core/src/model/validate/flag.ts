import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Flag, Variant } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validateLayer } from './layer.ts'

/**
 * What is wrong with a flag's definition, and with its layers in the light of it. A layer that
 * `isSeenHere` leaves out is looked at by itself.
 */
export function validateFlag(
  before: ProjectState,
  after: ProjectState,
  key: string,
  isSeenHere: (scope: string) => boolean,
): readonly Issue[] {
  const flag = after.flags.get(key)
  if (flag === undefined) return []
  // The base is looked for also where it is missing.
  const scopes = [...new Set(['*', ...Object.keys(flag.layers)])].filter(isSeenHere)
  return [
    ...validateIdentity(before, flag),
    ...validateVariants(flag),
    ...scopes.flatMap((scope) =>
      validateLayer(after, flag, scope).map(({ path, message }) => ({
        path: `layers.${scope}.${path}`,
        message,
      })),
    ),
  ]
}

/**
 * A key means one thing for ever: code that still asks for a removed flag must never meet another
 * one.
 */
function validateIdentity(before: ProjectState, { key, type }: Flag): readonly Issue[] {
  const known = before.flags.get(key)
  if (known === undefined && before.editedAt.has(`flag:${key}`))
    return [
      {
        path: 'key',
        message: `The key "${key}" was used before and is never given again. Take another one.`,
      },
    ]
  if (known !== undefined && known.type !== type)
    return [
      {
        path: 'type',
        message: `The type of "${key}" stays ${known.type}, because code asks for it. Make a new flag for a ${type}.`,
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
        message: `There are two variants "${variant.key}". Rename one of them.`,
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
    return `The value of "${key}" is ${shortened(text)}. Give it a ${type}, as the flag's type says.`
  const bytes = new TextEncoder().encode(text).length
  if (bytes > LIMITS.valueBytes)
    return `The value of "${key}" has ${bytes} bytes of JSON; ${LIMITS.valueBytes} are allowed. Keep it elsewhere, and its address here.`
  return undefined
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
