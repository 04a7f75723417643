import { hash, randomBytes } from 'node:crypto'
import type { ApiKey } from '@flaghoist/core/schema'

/** A secret, and the parts of it that may be stored. */
export interface KeySecret {
  readonly secret: string
  /** SHA-256, hexadecimal. A plain hash is enough, because 256 random bits cannot be guessed. */
  readonly hash: string
  /** The first characters of the secret, by which people recognise the key. */
  readonly prefix: string
}

const KIND_PREFIX = {
  admin: 'fh_admin_',
  server: 'fh_server_',
  client: 'fh_client_',
  override: 'fh_override_',
} as const
/** Characters of a secret that are stored in clear, besides the prefix of its kind. */
const SHOWN_CHARACTERS = 4

/** Creates a secret of 256 random bits. */
export function createSecret(kind: ApiKey['kind']): KeySecret {
  return describeSecret(kind, KIND_PREFIX[kind] + randomBytes(32).toString('base64url'))
}

/** Derives the stored parts of a given secret. */
export function describeSecret(kind: ApiKey['kind'], secret: string): KeySecret {
  const shown = secret.startsWith(KIND_PREFIX[kind])
    ? KIND_PREFIX[kind].length + SHOWN_CHARACTERS
    : SHOWN_CHARACTERS
  return { secret, hash: hashSecret(secret), prefix: secret.slice(0, shown) }
}

/** Returns the kind that the prefix of a secret names; undefined for any other text. */
export function kindOf(secret: string): ApiKey['kind'] | undefined {
  const prefixes = Object.entries(KIND_PREFIX) as [ApiKey['kind'], string][]
  return prefixes.find(([, prefix]) => secret.startsWith(prefix))?.[0]
}

export function hashSecret(secret: string): string {
  return hash('sha256', secret)
}

/** Creates the random id that changes and lists name a key by. */
export const createKeyId = (): string => `key-${randomBytes(6).toString('hex')}`
