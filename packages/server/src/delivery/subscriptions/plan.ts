import { entityName, type ProjectState } from '@flaghoist/core/model'
import { NOTICE_EVENTS, type Subscription } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import { mergePatch } from '../../http/merge-patch.ts'
import { entityNotFound } from '../../projects/not-found.ts'
import type { Write } from '../../projects/projects.ts'
import type { Vault } from '../vault.ts'
import type { SubscriptionInput, SubscriptionPatch } from './schemas.ts'
import { openReceiver, type ReceiverSecrets, sealReceiver } from './sealed-receiver.ts'

/** A subscription of a project. */
export interface SubscriptionTarget {
  readonly project: string
  readonly key: string
}

/** The new signing secret of a webhook, and the vault that encrypts it. */
export interface Sealing {
  readonly vault: Vault
  readonly secret: string | undefined
}

export function createSubscription(
  project: string,
  { url, ...input }: SubscriptionInput,
  { vault, secret }: Sealing,
): Write {
  const { key, channel } = input
  const defaults: Omit<Subscription, 'target' | 'sealed'> = {
    key,
    channel,
    name: key,
    events: [...NOTICE_EVENTS],
    minSeverity: 'info',
    perMinute: 10,
    enabled: true,
  }
  return {
    ...writeOf({ project, key }, 'create'),
    plan(state) {
      if (state.subscriptions.has(key))
        throw problem('ENTITY_EXISTS', { kind: 'subscription', key })
      const sealed = sealReceiver(vault, project, key, { url, secret })
      return [{ kind: 'subscription', key, after: { ...mergePatch(defaults, input), ...sealed } }]
    },
  }
}

/** Changes members. A new URL keeps the signing secret, and a new secret keeps the URL. */
export function updateSubscription(
  { project, key }: SubscriptionTarget,
  { url, rotateSecret: _, ...patch }: SubscriptionPatch,
  { vault, secret }: Sealing,
): Write {
  return {
    ...writeOf({ project, key }, 'update'),
    plan(state) {
      const subscription = findSubscription(state, key)
      const after = mergePatch(subscription, patch)
      if (url === undefined && secret === undefined) return [{ kind: 'subscription', key, after }]
      const isReplaced = url !== undefined && (secret !== undefined || after.channel !== 'webhook')
      const known: ReceiverSecrets = isReplaced
        ? { url }
        : openReceiver(vault, project, subscription)
      const secrets = { url: url ?? known.url, secret: secret ?? known.secret }
      return [
        {
          kind: 'subscription',
          key,
          after: { ...after, ...sealReceiver(vault, project, key, secrets) },
        },
      ]
    },
  }
}

export function deleteSubscription({ project, key }: SubscriptionTarget): Write {
  return {
    ...writeOf({ project, key }, 'delete'),
    plan(state) {
      findSubscription(state, key)
      return [{ kind: 'subscription', key, after: null }]
    },
  }
}

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findSubscription({ subscriptions }: ProjectState, key: string): Subscription {
  const subscription = subscriptions.get(key)
  if (subscription === undefined) throw entityNotFound('subscription', key, subscriptions.keys())
  return subscription
}

/** The part of a write that does not depend on what it plans. */
export function writeOf(
  { project, key }: SubscriptionTarget,
  verb: 'create' | 'update' | 'delete',
): Omit<Write, 'plan'> {
  return {
    project,
    action: `subscription.${verb}`,
    names: () => [entityName({ kind: 'subscription', key })],
  }
}
