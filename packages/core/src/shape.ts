/** Whether a value of parsed JSON is an object with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a member is left out, or of a type. */
export function isOptional(value: unknown, type: 'boolean' | 'string'): boolean {
  return value === undefined || typeof value === type
}

/** Whether a value has the shape of an OR of ANDs, whatever its clauses are. */
export function isWhen(value: unknown): value is readonly (readonly unknown[])[] {
  return Array.isArray(value) && value.every((group) => Array.isArray(group))
}
