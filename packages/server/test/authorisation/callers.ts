/**
 * The parts of the server that keys of the matrix are bound to: a project, and a scope in it.
 * Requests are about the scope `production/acme` of the project `default`. Both projects have it.
 */
export const BOUNDS = {
  project: ['default', undefined],
  everywhere: ['default', '*'],
  environment: ['default', 'production'],
  instance: ['default', 'production/acme'],
  'other environment': ['default', 'qa'],
  'other instance': ['default', 'production/umbrella'],
  'instance in another environment': ['default', 'qa/acme'],
  'other project': ['bank', undefined],
  'same scope of another project': ['bank', 'production/acme'],
} as const satisfies Readonly<Record<string, readonly [string, string | undefined]>>
export type Bound = keyof typeof BOUNDS
export const BOUND_NAMES = Object.keys(BOUNDS) as readonly Bound[]

/** The admin keys of the matrix. The first start of the server made the one of all projects. */
export const ADMIN_BOUNDS = ['all projects', ...BOUND_NAMES] as const
export type AdminBound = (typeof ADMIN_BOUNDS)[number]

export type KeyKind = 'admin' | 'server' | 'client' | 'override'

/** The sender of a request, as its credential describes it. */
export type Caller =
  | { readonly kind: 'admin'; readonly bound: AdminBound }
  | { readonly kind: 'session'; readonly bound: AdminBound; readonly csrf: Csrf }
  | { readonly kind: 'server' | 'client'; readonly bound: Bound; readonly isRelayed: boolean }
  /** A server key with the origin of a page. */
  | { readonly kind: 'server in a browser' }
  | { readonly kind: 'override' }
  /** The bearer token of `/metrics` of the relay. */
  | { readonly kind: 'metrics token' }
  /** A key that is unknown, was revoked or has expired. */
  | { readonly kind: 'invalid key'; readonly was: KeyKind; readonly isRelayed: boolean }
  /** A session that has ended, or whose key has. */
  | { readonly kind: 'ended session' }
  | { readonly kind: 'nobody' }

/** The CSRF token that the requests of a session send. */
export type Csrf = 'its CSRF token' | 'no CSRF token' | 'the CSRF token of another session'

/** A column of the matrix. */
export interface Column {
  readonly name: string
  readonly caller: Caller
  /** Headers that carry the credential. */
  readonly headers: Readonly<Record<string, string>>
  /** Secret of its key; undefined without one. */
  readonly secret?: string
}
