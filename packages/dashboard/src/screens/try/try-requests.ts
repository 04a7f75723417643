import { api, bodyOf, type Schema } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

/** A scope and a context, as people type it. */
export interface Trial {
  readonly scope: string
  readonly unit: string
  /** Attributes as JSON. */
  readonly attributes: string
}

export type TriedFlag = Awaited<ReturnType<typeof requestTrial>>[number]

/** Requests the values of all flags for a context, each with its reason. */
export async function requestTrial({ scope, unit, attributes }: Trial, signal: AbortSignal) {
  const context: Schema<'EvaluateAllRequest'>['context'] = {
    ...attributesOf(attributes),
    ...(unit && { targetingKey: unit }),
  }
  const params = { path: inProject() }
  const { items } = await bodyOf(
    api.POST('/api/v1/projects/{project}/evaluate', { params, body: { scope, context }, signal }),
  )
  return items
}

/** Returns the attributes of a text; none if it is not a JSON object. */
export function attributesOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.trim() || '{}')
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
