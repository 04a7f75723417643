import { lookup } from 'node:dns'
import type { ClientRequest } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { requestHttp } from '../http/node-http.ts'
import { isPublicAddress } from './public-address.ts'

/** A request to a receiver outside the server. */
export interface GuardedPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Returns true for a host that may have a private address, and be reached by plain HTTP. */
  readonly isTrustedHost: (host: string) => boolean
  readonly signal: AbortSignal
}

/** The response of a receiver; its body is not read. */
export interface PostResponse {
  readonly status: number
  /** Time to wait according to `Retry-After`, ms; undefined without the header. */
  readonly retryAfterMs: number | undefined
}

/** The URL of a receiver leads to an address that the server must not reach. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress'
}

const TIMEOUT_MS = 10_000

/**
 * Posts to a URL that a user has chosen, within 10 s. The host name is resolved once: the addresses
 * that were checked are those that the socket connects to. Redirects are not followed.
 * @throws {ForbiddenAddress}
 */
export async function guardedPost(post: GuardedPost): Promise<PostResponse> {
  const url = new URL(post.url)
  const host = hostOf(url)
  const isTrusted = post.isTrustedHost(host)
  requireAllowed(url, isTrusted)
  const signal = AbortSignal.any([post.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, {
    method: 'POST',
    headers: { ...post.headers, 'content-length': String(Buffer.byteLength(post.body)) },
    // A pooled connection would outlive the check of its address.
    agent: false,
    ...(isTrusted ? {} : { lookup: lookupPublic }),
    signal,
  })
  return respondedTo(request, post.body)
}

/**
 * Checks the scheme of a URL, and its host if it is an IP address. A name is checked when it is
 * resolved.
 * @throws {ForbiddenAddress}
 */
export function requireAllowed(url: URL, isTrusted: boolean): void {
  if (isTrusted) return
  const host = hostOf(url)
  if (url.protocol !== 'https:')
    throw new ForbiddenAddress('The URL must start with https:// to keep its token secret.')
  if (isIP(host) !== 0 && !isPublicAddress(host))
    throw new ForbiddenAddress(`The address ${host} is not public.`)
}

/** The host of a URL, without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Resolves a name, and refuses it if any of its addresses is not public. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const hidden = addresses.find(({ address }) => !isPublicAddress(address))
    if (hidden !== undefined)
      return callback(
        new ForbiddenAddress(`${hostname} resolves to ${hidden.address}, which is not public.`),
        [],
      )
    if (options.all) return callback(null, addresses)
    return callback(null, addresses[0]!.address, addresses[0]!.family)
  })
}

function respondedTo(request: ClientRequest, body: string): Promise<PostResponse> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, retryAfterMs: retryAfterMs(headers['retry-after']) })
      // The head says everything; a body could be endless.
      response.destroy()
    })
    request.end(body)
  })
}

/** Parses `Retry-After`: seconds, or a date. */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
