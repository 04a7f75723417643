import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { problem } from '../errors.ts'
import { equalsInConstantTime } from './constant-time.ts'
import { publicPathOf } from './public-path.ts'

/** Name of the cookie that holds the token of a session. */
export const SESSION_COOKIE = 'flaghoist_session'
/** Header in which pages of the server repeat the CSRF token of their session. */
export const CSRF_HEADER = 'flaghoist-csrf'

const READS = ['GET', 'HEAD', 'OPTIONS']

/** The public address of a server, as far as cookies need it. */
export interface CookiePlace {
  /** Path below which the browser sends the cookie. */
  readonly path: string
  readonly isHttps: boolean
}

/** Returns the token of a session from the cookie of a request; undefined without one. */
export function sessionTokenOf({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === SESSION_COOKIE && value) return value
  }
  return undefined
}

/**
 * Returns the CSRF token of a session. Pages of other origins cannot read it, because scripts see
 * no cookie of the session, and no response of the admin API is for other origins.
 */
export function csrfTokenOf(token: string): string {
  return hash('sha256', `csrf ${token}`, 'base64url')
}

/** @throws {FlaghoistError} `CSRF_TOKEN_REQUIRED` for a write without the token of the session */
export function requireCsrfToken({ method, headers }: FastifyRequest, token: string): void {
  if (READS.includes(method)) return
  if (!equalsInConstantTime(String(headers[CSRF_HEADER] ?? ''), csrfTokenOf(token)))
    throw problem('CSRF_TOKEN_REQUIRED', { method })
}

/** The `Set-Cookie` header that keeps a token for a time; 0 removes it. */
export function sessionCookie(token: string, maxAgeMs: number, place: CookiePlace): string {
  const maxAge = Math.floor(maxAgeMs / 1_000)
  const secure = place.isHttps ? '; Secure' : ''
  return `${SESSION_COOKIE}=${token}; Path=${place.path}; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`
}

/**
 * Returns the place of cookies for a request. `X-Forwarded-Proto` needs no trust: a false one
 * concerns the cookie of its sender only.
 */
export function cookiePlaceOf(
  { headers }: FastifyRequest,
  publicUrl: string | undefined,
): CookiePlace {
  const isForwarded = /\bhttps\b/i.test(String(headers['x-forwarded-proto']))
  const isHttps = publicUrl?.startsWith('https:') || isForwarded
  return { path: publicPathOf(publicUrl), isHttps }
}
