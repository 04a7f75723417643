import { type Answer, type Versioned, versionedBodyOf } from './client.ts'

/** The effect of a write that is not stored yet, and the version that the write names. */
export interface Previewed<T> extends Versioned<T> {
  /** True if the write needs a reason, because it reaches a protected environment. */
  readonly needsReason: boolean
}

/** Parameters that a protected environment demands of a request for a preview. */
export interface PreviewDemands {
  readonly query?: { readonly reason: string }
  readonly header?: { readonly 'if-match': string }
}

/**
 * Requests a preview. A protected environment demands a reason and the version of the entities,
 * which its refusal names.
 * @throws {RequestError} with the problem document of a failed request
 */
export async function previewOf<T>(
  ask: (demands: PreviewDemands) => Promise<Answer<T>>,
): Promise<Previewed<T>> {
  let answer = await ask({})
  const version = answer.response.headers.get('etag')
  const needsReason = answer.response.status === 428 && version !== null
  if (needsReason)
    answer = await ask({ query: { reason: 'Preview' }, header: { 'if-match': version } })
  return { ...(await versionedBodyOf(Promise.resolve(answer))), needsReason }
}
