/**
 * Returns the canonical text of a JSON value: members sorted by UTF-16 units, no whitespace,
 * numbers and strings as ECMAScript writes them. Omits members that are `undefined`, as
 * `JSON.stringify` does.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  // A list of 100,000 texts takes a tenth of the time in one call.
  if (Array.isArray(value))
    return value.some(isObject)
      ? `[${value.map((item) => canonicalJson(item)).join(',')}]`
      : JSON.stringify(value)

  const record = value as Record<string, unknown>
  const members = Object.keys(record)
    .filter((name) => record[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(record[name])}`)
  return `{${members.join(',')}}`
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
