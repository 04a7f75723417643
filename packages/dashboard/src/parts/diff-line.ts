/** A member that a change sets, in words; without a side if it has no value there. */
export interface DiffLine {
  readonly member: string
  readonly before?: string
  readonly after?: string
}

/**
 * Returns the members in which two versions of an entity differ.
 * @param textOf returns the value of a member as people read it
 */
export function differences(
  before: object,
  after: object,
  textOf: (member: string, value: unknown) => string = (_, value) => plainText(value),
): readonly DiffLine[] {
  const old = new Map<string, unknown>(Object.entries(before))
  const values = new Map<string, unknown>(Object.entries(after))
  return [...new Set([...old.keys(), ...values.keys()])]
    .filter((one) => textOf(one, old.get(one)) !== textOf(one, values.get(one)))
    .map((member) => ({
      member,
      ...(old.get(member) !== undefined && { before: textOf(member, old.get(member)) }),
      ...(values.get(member) !== undefined && { after: textOf(member, values.get(member)) }),
    }))
}

/** Returns a value as text: a string unchanged, any other value as JSON. */
export function plainText(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
