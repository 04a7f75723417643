import type { FlaghoistError } from '@flaghoist/core'
import { problem } from '../errors.ts'
import type { SdkKeys } from '../http/auth.ts'
import type { Principal } from '../http/principal.ts'
import { describeSecret, kindOf } from '../keys/secrets.ts'
import { createListeners } from '../projects/listeners.ts'

/** A key of the settings. Clients present it to the relay, and the relay to its upstream. */
export interface RelayKey extends Principal {
  readonly kind: 'server' | 'client'
  readonly secret: string
}

/** The keys of a relay. */
export interface RelayKeys extends SdkKeys {
  readonly all: readonly RelayKey[]
  byId(keyId: string): RelayKey | undefined
  /** Ends the streams of a key that the upstream refuses. */
  revoke(keyId: string): void
}

/**
 * @param refusalOf returns the problem of a key that the upstream refuses
 * @param onListenerError receives the error of a listener that threw
 */
export function createRelayKeys(
  secrets: readonly string[],
  refusalOf: (keyId: string) => FlaghoistError | undefined,
  onListenerError: (error: unknown) => void,
): RelayKeys {
  const bySecret = new Map(secrets.map((secret) => [secret, relayKey(secret)]))
  const byId = new Map([...bySecret.values()].map((key) => [key.keyId, key]))
  const revoked = createListeners<[string]>(onListenerError)
  return {
    all: [...byId.values()],
    byId: (keyId) => byId.get(keyId),
    authenticate(secret) {
      const key = bySecret.get(secret)
      return key && refusalOf(key.keyId) === undefined ? key : undefined
    },
    refusalOf(secret) {
      const key = bySecret.get(secret)
      return (key && refusalOf(key.keyId)) ?? unknownKey(secret)
    },
    isLive: (keyId) => byId.has(keyId) && refusalOf(keyId) === undefined,
    onRevoked: revoked.add,
    revoke: revoked.emit,
  }
}

/** A key of a kind that no relay serves is refused by its prefix, whether or not it is valid. */
function unknownKey(secret: string): FlaghoistError {
  const kind = kindOf(secret)
  return kind === 'admin' || kind === 'override'
    ? problem('KEY_KIND_FORBIDDEN', { kind, wanted: 'server or client' })
    : problem('KEY_NOT_RELAYED', {})
}

function relayKey(secret: string): RelayKey {
  const kind = secret.startsWith('fh_client_') ? 'client' : 'server'
  const { hash, prefix } = describeSecret(kind, secret)
  // Only the upstream knows the scope.
  return {
    // Not an id of the upstream, which the relay does not know.
    keyId: `relayed-${hash.slice(0, 12)}`,
    name: prefix,
    kind,
    project: '*',
    scope: undefined,
    secret,
  }
}
