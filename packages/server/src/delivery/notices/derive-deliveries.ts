import { createHash } from 'node:crypto'
import { isWithin, parseRunKey, type RolloutRuns } from '@flaghoist/core/model'
import {
  type Change,
  type ProgressiveRollout,
  type RolloutRun,
  SEVERITIES,
  type Subscription,
} from '@flaghoist/core/schema'
import type { LiveProject } from '../../projects/projects.ts'
import type { Delivery } from '../../stores/outbox.ts'
import type { Notice } from './notice.ts'
import { noticesOf } from './notices-of.ts'

/** The entities that notices depend on, after a change. */
interface View {
  readonly rollouts: Map<string, ProgressiveRollout>
  readonly runs: Map<string, RolloutRuns>
  readonly subscriptions: Map<string, Subscription>
}

/**
 * Returns the deliveries that the latest changes of a project cause. Each change is seen with the
 * rollouts and the subscriptions of its own time, so a late derivation equals an early one.
 */
export function deriveDeliveries(
  project: Pick<LiveProject, 'key' | 'epoch' | 'state'>,
  changes: readonly Change[],
): readonly Delivery[] {
  const { rollouts, runs, subscriptions } = project.state
  const view: View = {
    rollouts: new Map(rollouts),
    runs: new Map(runs),
    subscriptions: new Map(subscriptions),
  }
  const found: Delivery[] = []
  for (const change of changes.toReversed()) {
    found.unshift(...deliveriesOf(project, change, view))
    undo(view, change)
  }
  return found
}

function deliveriesOf(
  { key, epoch }: Pick<LiveProject, 'key' | 'epoch'>,
  change: Change,
  view: View,
): readonly Delivery[] {
  return noticesOf(key, change, view).flatMap((notice, place) =>
    [...view.subscriptions.values()]
      .filter((subscription) => wants(subscription, notice))
      .map(({ key: subscription }): Delivery => {
        const at = Date.parse(change.at)
        return {
          // By the hash, because a failover may repeat a number, and receivers skip a known id.
          id: deliveryId([key, epoch, change.hash, String(place), subscription]),
          subscription,
          seq: change.seq,
          at,
          notice: JSON.stringify(notice),
          state: 'pending',
          attempts: 0,
          dueAt: at + (notice.holdsForMs ?? 0),
        }
      }),
  )
}

/** Sets the entities back to what they were before a change. */
function undo(view: View, { edits }: Change): void {
  for (const edit of edits)
    if (edit.kind === 'rollout') put(view.rollouts, edit.key, edit.before)
    else if (edit.kind === 'subscription') put(view.subscriptions, edit.key, edit.before)
    else if (edit.kind === 'run') undoRun(view, edit.key, edit.before)
}

function undoRun({ runs }: View, key: string, before: RolloutRun | null): void {
  const { rollout, scope } = parseRunKey(key)
  const own = new Map(runs.get(rollout))
  put(own, scope, before)
  runs.set(rollout, own)
}

function put<V>(map: Map<string, V>, key: string, value: V | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}

/** Checks that a subscription asks for a notice. */
function wants(subscription: Subscription, notice: Notice): boolean {
  const { enabled, events, scopes } = subscription
  const { event, scopes: concerned } = notice
  return (
    enabled &&
    events.includes(event) &&
    isSevereEnough(subscription, notice) &&
    (scopes === undefined || scopes.some((own) => concerned.some((one) => isNear(own, one))))
  )
}

export function isSevereEnough(
  { minSeverity }: Pick<Subscription, 'minSeverity'>,
  { severity }: Pick<Notice, 'severity'>,
): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(minSeverity)
}

/** Checks that an event in one scope concerns another. */
function isNear(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one)
}

/** Returns an id that is the same for every derivation. */
export function deliveryId(parts: readonly string[]): string {
  const digest = createHash('sha256').update(parts.join('\n')).digest('base64url')
  return `msg_${digest.slice(0, 27)}`
}
