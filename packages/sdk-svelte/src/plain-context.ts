import { type EvaluationContext, jsonText, mergeContexts } from '@flaghoist/client'

/** Returns a context as plain JSON. Leaves out members that cannot be read or have no JSON. */
export function plainContext(context: unknown): EvaluationContext {
  const members = Object.entries(mergeContexts(context)).flatMap(([name, value]) => {
    const json: unknown = JSON.parse(jsonText(value))
    return json === null && value !== null ? [] : [[name, json] as const]
  })
  return Object.fromEntries(members)
}
