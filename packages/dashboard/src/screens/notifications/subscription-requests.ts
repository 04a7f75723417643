import {
  type Answer,
  api,
  bodyOf,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
} from '../../api/client.ts'
import { createParams, pathTo, writeParams } from '../../project/entity-params.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Subscription = Schema<'ShownSubscription'>
export type SubscriptionInput = Schema<'SubscriptionRequest'>
export type SubscriptionPatch = Schema<'SubscriptionPatch'>
export type Delivery = Schema<'Delivery'>
export type DeliveryState = Delivery['state']

const LIMIT = 1_000
const SHOWN = 100

export async function requestSubscriptions(signal: AbortSignal): Promise<readonly Subscription[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const path = '/api/v1/projects/{project}/subscriptions'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}

/** The change of a write, and the signing secret that only its response shows. */
export interface WrittenSubscription {
  readonly seq: number | undefined
  readonly secret: string | undefined
}

export function createSubscription(body: SubscriptionInput, reason: string) {
  const params = createParams(reason)
  return written(api.POST('/api/v1/projects/{project}/subscriptions', { params, body }))
}

export function requestSubscription(key: string): Promise<Versioned<Subscription>> {
  const path = '/api/v1/projects/{project}/subscriptions/{key}'
  return versionedBodyOf(api.GET(path, { params: { path: pathTo(key) } }))
}

/** Changes a subscription in the version that the person has seen. */
export function updateSubscription(
  seen: Versioned<Subscription>,
  body: SubscriptionPatch,
  reason: string,
) {
  const params = writeParams(seen, reason)
  return written(api.PATCH('/api/v1/projects/{project}/subscriptions/{key}', { params, body }))
}

/** Deletes a subscription in the version that the person has seen. */
export function deleteSubscription(
  seen: Versioned<Subscription>,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.DELETE('/api/v1/projects/{project}/subscriptions/{key}', { params }))
}

/** Sends a test message, and waits for the receiver. */
export function testSubscription(key: string) {
  const params = { path: pathTo(key) }
  return bodyOf(api.POST('/api/v1/projects/{project}/subscriptions/{key}/test', { params }))
}

/** Requests the latest deliveries, newest first. */
export async function requestDeliveries(
  key: string,
  state: DeliveryState | undefined,
  signal: AbortSignal,
): Promise<readonly Delivery[]> {
  const params = { path: pathTo(key), query: { limit: SHOWN, ...(state && { state }) } }
  const path = '/api/v1/projects/{project}/subscriptions/{key}/deliveries'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}

/** Sends a failed delivery again, under its id. */
export async function retryDelivery(key: string, delivery: string): Promise<void> {
  const params = { path: { ...pathTo(key), delivery } }
  const path = '/api/v1/projects/{project}/subscriptions/{key}/deliveries/{delivery}/retry'
  await bodyOf(api.POST(path, { params }))
}

async function written(
  answer: Promise<Answer<{ readonly secret?: string }>>,
): Promise<WrittenSubscription> {
  const { secret } = await bodyOf(answer)
  return { seq: await changeOf(answer), secret }
}
