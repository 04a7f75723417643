/** Checks that a value of parsed JSON is an object with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Checks that a value has the shape of an OR of ANDs; its clauses are not checked. */
export function isWhen(value: unknown): value is readonly (readonly unknown[])[] {
  return Array.isArray(value) && value.every(Array.isArray)
}

/**
 * Throws unless a flag has the shape of `docs/spec.md` §2. The evaluation of that flag then returns
 * an error.
 * @param defect the error message; `false` in builds without texts
 */
export function assertShape(isValid: boolean, defect: string | false): asserts isValid {
  if (!isValid) throw new Error(defect || 'PARSE_ERROR')
}
