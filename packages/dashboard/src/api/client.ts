import createClient from 'openapi-fetch'
import { nameVersion, readVersion } from './known-version.ts'
import { isProblem, RequestError, unknownProblem } from './problem.ts'
import type { components, paths } from './schema.d.ts'

/** A schema of the API, by its name in the OpenAPI document. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

/** Path of the server, without a slash at its end. The server writes it into the page. */
export const BASE_PATH = new URL(document.baseURI).pathname.replace(/\/$/, '')

const CSRF_HEADER = 'flaghoist-csrf'

let csrf: string | undefined
let onSignedOut = () => {}

/** Sets the token that requests by cookie need to change something. */
export function useCsrf(token: string | undefined): void {
  csrf = token
}

/** Sets the function that is called when the server no longer accepts the session. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

/** The client of the admin API, typed by the OpenAPI document. */
export const api = createClient<paths>({ baseUrl: BASE_PATH, credentials: 'same-origin' })

api.use({
  onRequest({ request }) {
    if (csrf !== undefined && request.method !== 'GET') request.headers.set(CSRF_HEADER, csrf)
    nameVersion(request)
    return request
  },
  onResponse: ({ response }) => readVersion(response),
})

/** Returns the query of a write with a reason for the change log, which may be empty. */
export function withReason(reason: string): { reason?: string } {
  return reason === '' ? {} : { reason }
}

/** Returns the query of a write that is stored although a freeze is in force. */
export function withOverride(overridesFreeze: boolean): { override?: 'freeze' } {
  return overridesFreeze ? { override: 'freeze' } : {}
}

/** An answer of {@link api}. */
export interface Answer<T> {
  readonly data?: T
  readonly error?: unknown
  readonly response: Response
}

/**
 * Returns the body of an answer.
 * @throws {RequestError} with the problem document of a failed request
 */
export async function bodyOf<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (response.ok) return data as T
  if (response.status === 401) onSignedOut()
  throw new RequestError(isProblem(error) ? error : unknownProblem(response))
}

/** An entity, and the version that a later write of it names. */
export interface Versioned<T> {
  readonly body: T
  readonly version: string
}

/**
 * Returns the body of an answer with its version.
 * @throws {RequestError} with the problem document of a failed request
 */
export async function versionedBodyOf<T>(answer: Promise<Answer<T>>): Promise<Versioned<T>> {
  const body = await bodyOf(answer)
  const { response } = await answer
  return { body, version: response.headers.get('etag') ?? '*' }
}

/**
 * Returns the number of the change that a write has made; undefined if nothing changed.
 * @throws {RequestError} with the problem document of a failed request
 */
export async function changeOf(answer: Promise<Answer<unknown>>): Promise<number | undefined> {
  await bodyOf(answer)
  const { response } = await answer
  const seq = response.headers.get('flaghoist-change')
  return seq === null ? undefined : Number(seq)
}
