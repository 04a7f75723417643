import { type Answer, type Versioned, versionedBodyOf } from './client.ts'

/** The effect of a write that is not stored yet, and the version that the write names. */
export interface Previewed<T> extends Versioned<T> {
  /** True if the write needs a reason, because it reaches a protected environment. */
  readonly needsReason: boolean
}

/** Returns the parameters that a protected environment demands of a preview. */
export const previewParams = (version: string) => ({
  query: { reason: 'Preview' },
  header: { 'if-match': version },
})

type PreviewParams = Partial<ReturnType<typeof previewParams>>

/**
 * Requests a preview. A protected environment demands a reason and the version of the entities,
 * which its refusal names.
 * @throws {RequestError} with the problem document of a failed request
 */
export async function previewOf<T>(
  ask: (params: PreviewParams) => Promise<Answer<T>>,
): Promise<Previewed<T>> {
  let answer = await ask({})
  const version = answer.response.headers.get('etag')
  const needsReason = answer.response.status === 428 && version !== null
  if (needsReason) answer = await ask(previewParams(version))
  return { ...(await versionedBodyOf(Promise.resolve(answer))), needsReason }
}
