import type { Config } from '../config.ts'
import type { Stores } from '../stores/stores.ts'
import { createNotifier, type Notifier, type NotifierOptions } from './notifier.ts'
import { createSinks } from './sinks/create-sinks.ts'
import type { EventSink } from './sinks/event-sink.ts'
import { createVault, type Vault } from './vault.ts'

/** The services that send data to other systems than SDKs: notices and event sinks. */
export interface DeliveryServices {
  readonly vault: Vault
  /** Returns true for a host that may have a private address. */
  readonly isTrustedHost: (host: string) => boolean
  readonly notifier: Notifier
  /** Receives the batches that SDKs report. */
  readonly sinks: EventSink
}

type DeliveryParts = Pick<
  NotifierOptions,
  'projects' | 'readReport' | 'now' | 'elapsed' | 'onError'
> & {
  readonly warn: (message: string) => void
}

export function createDelivery(
  config: Config,
  stores: Stores,
  { warn, ...parts }: DeliveryParts,
): DeliveryServices {
  const { secret, dataDir, publicUrl, privateWebhookHosts } = config
  const vault = createVault(secret, dataDir)
  const isTrustedHost = (host: string) =>
    privateWebhookHosts.includes('*') || privateWebhookHosts.includes(host)
  const options = { ...parts, stores, vault, isTrustedHost, publicUrl, random: Math.random }
  return {
    vault,
    isTrustedHost,
    notifier: createNotifier(options),
    sinks: createSinks(config, warn),
  }
}
