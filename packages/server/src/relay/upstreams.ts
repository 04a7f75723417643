import type { FlaghoistError } from '@flaghoist/core'
import { isWithin } from '@flaghoist/core/model'
import type { z } from 'zod'
import { problem } from '../errors.ts'
import type { RulesetTarget, RulesetUpdate } from '../rulesets/rulesets.ts'
import type { ScopeQuery } from '../rulesets/target.ts'
import type { Copies } from './copies.ts'
import { concernsKey } from './refusals.ts'
import type { RelayKey, RelayKeys } from './relay-keys.ts'
import { openUpstream, type Upstream } from './upstream.ts'

export type Query = z.infer<typeof ScopeQuery>

/** A connection, with the key and the query that it was opened for. */
export interface Relayed {
  /** Name of the connection: the `source` of its target. */
  readonly source: string
  readonly key: RelayKey
  /** True for the scope of the key itself. */
  readonly isOfKey: boolean
  readonly upstream: Upstream
  /** Undefined before the first ruleset. */
  readonly target: RulesetTarget | undefined
}

/** The connections of a relay, one for each key and query. */
export interface Upstreams {
  /**
   * Returns the connection for a key and a query. Opens it if there is none.
   * @throws {FlaghoistError} `RELAY_FULL`
   */
  open(key: RelayKey, query: Query): Relayed
  find(source: string | undefined): Relayed | undefined
  /** Returns true if a connection is open, or has a copy on the disk. */
  isKnown(key: RelayKey, query: Query): boolean
  /**
   * Returns the refusal of a key by the upstream; undefined if it is served, or if the upstream
   * refuses scopes only.
   */
  refusalOf(keyId: string): FlaghoistError | undefined
  /** Does the same as `find`, and opens the connection of a known key again if it was closed. */
  reopen(source: string): Relayed | undefined
  /**
   * Returns the secret of a server key whose scope contains that of a client key, and which the
   * upstream does not refuse. Undefined for a server key, which needs none, and if there is none.
   */
  voucherOf(relayed: Relayed): string | undefined
  list(): readonly Relayed[]
  /** Closes all connections. Resolves once what they received is on the disk. */
  close(): Promise<void>
}

export interface UpstreamsOptions {
  readonly url: string
  readonly keys: Pick<RelayKeys, 'byId'>
  readonly copies: Copies
  readonly onUpdate: (source: string, update: RulesetUpdate) => void
  /** Called when the upstream refuses a key. */
  readonly onRefused: (keyId: string) => void
  /** Called when the upstream is heard again. */
  readonly onLive: (source: string) => void
  /** Returns true while clients stream from a connection. */
  readonly isWatched: (source: string) => boolean
  readonly warn: (message: string) => void
}

/** Connections of a relay. The least recently used is closed first. */
const MAX_CONNECTIONS = 1_000
/** Connections that wait for their first ruleset: a stranger must not flood the upstream. */
const MAX_OPENING = 20
/** Time for which a refused scope is not asked for again. */
const REFUSAL_KEPT_MS = 30_000

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { copies, isWatched } = options
  /** Least recently used first. */
  const connections = new Map<string, Relayed>()

  /** Connections that still write what they received to the disk. */
  const closing = new Set<Promise<void>>()

  const end = ({ upstream }: Relayed) => {
    const closed = upstream.close().finally(() => closing.delete(closed))
    closing.add(closed)
  }
  const drop = (relayed: Relayed) => {
    // It may have been closed and opened again since its refusal.
    if (connections.get(relayed.source) === relayed) connections.delete(relayed.source)
    end(relayed)
  }
  const refusalOf = (keyId: string) => {
    const refusal = connections.get(keyId)?.upstream.refusal
    return refusal && concernsKey(refusal) ? refusal : undefined
  }
  const refuse = (relayed: Relayed, refusal: FlaghoistError) => {
    const { keyId } = relayed.key
    copies
      .refuse(relayed, refusal, relayed.upstream.flush)
      .catch(warnOfCopies(options.warn, 'A refusal of the upstream could not be stored'))
    // The scope of the key itself is asked for again, because it may be served later.
    if (!relayed.isOfKey) {
      end(relayed)
      setTimeout(() => drop(relayed), REFUSAL_KEPT_MS).unref()
      // The connection of the key itself decides on the key.
      if (concernsKey(refusal) && !refusalOf(keyId)) connections.get(keyId)?.upstream.check()
    } else if (concernsKey(refusal)) options.onRefused(keyId)
  }
  const open = (key: RelayKey, query: Query) => {
    const source = sourceOf(key, query)
    const known = connections.get(source)
    const surplus =
      known || source === key.keyId ? undefined : surplusOf([...connections.values()], isWatched)
    if (surplus !== undefined) drop(surplus)
    const relayed = known ?? openRelayed(options, { key, query, source }, refuse)
    connections.delete(source)
    connections.set(source, relayed)
    return relayed
  }

  return {
    open,
    find: (source) => connections.get(source ?? ''),
    isKnown(key, query) {
      const source = sourceOf(key, query)
      return connections.has(source) || copies.has(ownerOf(key, source))
    },
    refusalOf,
    reopen(source) {
      const [, query] = source.split('?')
      const key = options.keys.byId(keyIdOf(source))
      return key && open(key, Object.fromEntries(new URLSearchParams(query)))
    },
    voucherOf: (relayed) => voucherAmong([...connections.values()], relayed),
    list: () => [...connections.values()],
    async close() {
      for (const relayed of connections.values()) end(relayed)
      // Confirmations that are still planned find no connection, and end.
      connections.clear()
      await Promise.all(closing)
      await copies.flush()
    },
  }
}

function openRelayed(
  options: UpstreamsOptions,
  { key, query, source }: Pick<Relayed, 'key' | 'source'> & { readonly query: Query },
  onRefused: (relayed: Relayed, refusal: FlaghoistError) => void,
): Relayed {
  const { url, copies, warn } = options
  const owner = ownerOf(key, source)
  const upstream = openUpstream({
    url,
    key: key.secret,
    ...query,
    file: copies.of(owner),
    lastRefusal: copies.refusalOf(owner),
    warn,
    onLive: () => options.onLive(source),
    onUpdate: (update) => options.onUpdate(source, update),
    onRefused: (refusal) => onRefused(relayed, refusal),
    onAdmitted(save) {
      copies
        .admit(owner, save)
        .catch(warnOfCopies(warn, 'The last refusal of the upstream could not be removed'))
    },
  })
  const relayed: Relayed = {
    ...owner,
    upstream,
    get target() {
      return targetOf(relayed)
    },
  }
  return relayed
}

function ownerOf(key: RelayKey, source: string) {
  return { source, key, isOfKey: source === key.keyId }
}

function warnOfCopies(warn: UpstreamsOptions['warn'], what: string) {
  return ({ message }: Error) => warn(`${what}: ${message}`)
}

/** Returns the secret of a server key whose scope contains that of a client key, if one does. */
function voucherAmong(all: readonly Relayed[], { key, target }: Relayed): string | undefined {
  if (key.kind === 'server' || target === undefined) return undefined
  const vouches = ({ key: other, isOfKey, upstream, target: own }: Relayed) =>
    isOfKey &&
    other.kind === 'server' &&
    upstream.refusal === undefined &&
    own?.project === target.project &&
    isWithin(target.scope, own.scope)
  return all.find(vouches)?.key.secret
}

/**
 * Returns the connection to close before another one is opened, if there are too many.
 * @throws {FlaghoistError} `RELAY_FULL`
 */
function surplusOf(
  all: readonly Relayed[],
  isWatched: (source: string) => boolean,
): Relayed | undefined {
  const others = all.filter(({ isOfKey }) => !isOfKey)
  const opening = others.filter(({ target, upstream }) => !target && !upstream.refusal)
  if (opening.length >= MAX_OPENING) throw problem('RELAY_FULL', { count: opening.length })
  if (others.length < MAX_CONNECTIONS) return undefined
  const unused = others.find(({ source }) => !isWatched(source))
  if (unused === undefined) throw problem('RELAY_FULL', { count: others.length })
  return unused
}

function sourceOf({ keyId }: RelayKey, { scope, instance }: Query): string {
  if (scope === undefined && instance === undefined) return keyId
  return `${keyId}?${new URLSearchParams({ ...(scope && { scope }), ...(instance && { instance }) })}`
}

/** Returns the id of the key of a connection. */
export function keyIdOf(source: string): string {
  return source.split('?')[0]!
}

function targetOf({ source, key, upstream }: Relayed): RulesetTarget | undefined {
  const { ruleset } = upstream.published ?? {}
  if (ruleset === undefined) return undefined
  return { project: ruleset.project, scope: ruleset.scope, audience: key.kind, source }
}
