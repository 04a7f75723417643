/** Whether a value of parsed JSON is an object with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Whether a value has the shape of an OR of ANDs, whatever its clauses are. */
export function isWhen(value: unknown): value is readonly (readonly unknown[])[] {
  return Array.isArray(value) && value.every(Array.isArray)
}

/**
 * Ends the compilation of a flag that has not the shape of `docs/spec.md` §2: the whole flag answers with an error.
 * @param problem what is wrong; `false` where texts are left out
 */
export function need(holds: boolean, problem: string | false): asserts holds {
  if (!holds) throw new Error(problem || 'PARSE_ERROR')
}
