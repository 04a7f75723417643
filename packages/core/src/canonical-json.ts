/**
 * Returns the canonical text of a JSON value: members sorted by UTF-16 units, no whitespace,
 * numbers and strings as ECMAScript writes them. Omits members that are `undefined`, as
 * `JSON.stringify` does.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`

  const record = value as Record<string, unknown>
  const members = Object.keys(record)
    .filter((name) => record[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(record[name])}`)
  return `{${members.join(',')}}`
}
