import { jsonValue } from './json-value.ts'
import type { EvaluationContext } from './resolution.ts'

/**
 * Merges two contexts into one plain object; the second one takes precedence. Getters of a class
 * count as members. Never throws: a member that cannot be read is left out.
 */
export function mergeContexts(context: unknown, own?: unknown): EvaluationContext {
  try {
    if (isPlain(context) && isPlain(own)) return { ...context, ...own }
  } catch {
    // A getter or a proxy threw.
  }
  return Object.fromEntries([...membersOf(context), ...membersOf(own)])
}

function isPlain(context: unknown): context is object | undefined {
  if (typeof context !== 'object' || context === null) return context === undefined
  const proto = Object.getPrototypeOf(context)
  return proto === Object.prototype || proto === null
}

/**
 * Returns the text of a value as JSON; `null` for a value without one. Leaves out the parts that
 * lead back to themselves, and never throws.
 */
export function jsonText(value: unknown): string {
  const path: unknown[] = []
  try {
    const text = JSON.stringify(value, function (this: unknown, _, member: unknown) {
      while (path.length > 0 && path.at(-1) !== this) path.pop()
      const json = jsonValue(member)
      if (typeof json !== 'object' || json === null) return json
      if (path.includes(json)) return undefined
      path.push(json)
      return json
    })
    return text ?? 'null'
  } catch {
    return 'null' // A getter or a proxy threw.
  }
}

function membersOf(context: unknown): [string, unknown][] {
  if (typeof context !== 'object' || context === null) return []
  try {
    return namesOf(context).flatMap((name) => memberOf(context, name))
  } catch {
    return [] // A proxy refused to list its members.
  }
}

function memberOf(context: object, name: string): [string, unknown][] {
  try {
    return [[name, Reflect.get(context, name)]]
  } catch {
    return []
  }
}

/** Own names, and those of the getters of its classes. */
function namesOf(context: object): string[] {
  const names = Object.keys(context)
  let proto: object | null = Object.getPrototypeOf(context)
  for (; proto !== null && proto !== Object.prototype; proto = Object.getPrototypeOf(proto))
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(proto)))
      if (get !== undefined && !names.includes(name)) names.push(name)
  return names
}
