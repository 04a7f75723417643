import { isObject } from './shape.ts'

/**
 * Returns the canonical text of a JSON value: members sorted by UTF-16 units, no whitespace,
 * numbers and strings as ECMAScript writes them. Omits members that are `undefined`, as
 * `JSON.stringify` does.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  if (isObject(value)) {
    let members = ''
    for (const name of Object.keys(value).sort())
      if (value[name] !== undefined)
        members += `${members && ','}${JSON.stringify(name)}:${canonicalJson(value[name])}`
    return `{${members}}`
  }
  // A list of 100,000 texts takes a tenth of the time in one call.
  if (Array.isArray(value) && value.some((item) => typeof item === 'object'))
    return `[${value.map((item) => canonicalJson(item)).join(',')}]`
  return JSON.stringify(value) ?? 'null'
}
