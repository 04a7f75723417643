import { randomBytes } from 'node:crypto'
import type { Subscription } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import type { Receiver } from '../channels/send-message.ts'
import { ForbiddenAddress, hostOf, requireAllowed } from '../guarded-post.ts'
import type { Vault } from '../vault.ts'

/** The secrets of a subscription, as they are encrypted. */
export type ReceiverSecrets = Pick<Receiver, 'url' | 'secret'>

/** Encrypts the secrets of a subscription. Returns the members that it stores. */
export function sealReceiver(
  vault: Vault,
  project: string,
  key: string,
  { url, secret }: ReceiverSecrets,
): Pick<Subscription, 'target' | 'sealed'> {
  return {
    target: `${new URL(url).host}/…${url.slice(-4)}`,
    sealed: vault.seal(JSON.stringify({ url, secret }), ownerOf(project, key)),
  }
}

/** @throws {FlaghoistError} `SECRET_CHANGED` */
export function openReceiver(
  vault: Vault,
  project: string,
  { key, channel, sealed }: Subscription,
): Receiver {
  const secrets = JSON.parse(vault.open(sealed, ownerOf(project, key))) as ReceiverSecrets
  return { channel, ...secrets }
}

/** Creates the secret that signs webhooks. */
export function createSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** @throws {FlaghoistError} `URL_FORBIDDEN` if the URL itself names a forbidden address */
export function requirePublicUrl(url: string, isTrustedHost: (host: string) => boolean): void {
  const parsed = new URL(url)
  try {
    requireAllowed(parsed, isTrustedHost(hostOf(parsed)))
  } catch (error) {
    if (!(error instanceof ForbiddenAddress)) throw error
    throw problem('URL_FORBIDDEN', { problem: error.message })
  }
}

function ownerOf(project: string, key: string): string {
  return `${project}/subscription/${key}`
}
