import { isFlaghoistError } from '@flaghoist/core'
import type { Delivery } from '../../stores/outbox.ts'
import { MINUTE_MS } from '../../time.ts'
import { ForbiddenAddress, type PostResponse } from '../guarded-post.ts'
import { isAccepted } from '../post-webhook.ts'

/** The result of an attempt: a response, or the error in its place. */
export type Attempted = PostResponse | { readonly error: unknown }

const HOUR_MS = 60 * MINUTE_MS
/** Waiting times after each failed attempt; the attempt after the last of them is the last. */
const WAITS_MS = [
  5_000,
  30_000,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  10 * HOUR_MS,
]
/** A receiver cannot postpone a message for longer. */
const MAX_RETRY_AFTER_MS = HOUR_MS

/** Returns the time to wait after a failed attempt, ms. */
export function waitAfter(attempts: number, result: Attempted, random: () => number): number {
  const wait = WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1]! * (0.75 + random() / 2)
  const wanted = 'status' in result ? (result.retryAfterMs ?? 0) : 0
  return Math.ceil(Math.max(wait, Math.min(wanted, MAX_RETRY_AFTER_MS)))
}

/** Returns a delivery after an attempt. */
export function afterAttempt(
  delivery: Delivery,
  result: Attempted,
  { now, waitMs }: { readonly now: number; readonly waitMs: number },
): Delivery {
  const { error: _, status: __, ...rest } = delivery
  const attempts = delivery.attempts + 1
  const attempted = { ...rest, attempts, attemptedAt: now }
  const response = 'status' in result ? { status: result.status } : {}
  if ('status' in result && isAccepted(result))
    return { ...attempted, ...response, state: 'delivered' }
  const failed = { ...attempted, ...response, error: textOf(result) }
  return isFinal(result) || attempts > WAITS_MS.length
    ? { ...failed, state: 'failed' }
    : { ...failed, dueAt: now + waitMs }
}

/** Checks that no repetition can succeed: the receiver is gone, or must not be reached. */
function isFinal(result: Attempted): boolean {
  if ('status' in result) return result.status === 410
  return result.error instanceof ForbiddenAddress || isFlaghoistError(result.error)
}

/** Returns the status or the code of a failed attempt; undefined for a delivery. */
export function errorTypeOf(result: Attempted): string | undefined {
  if ('status' in result) return isAccepted(result) ? undefined : String(result.status)
  const { name, code } = result.error as NodeJS.ErrnoException
  return code ?? name
}

/** Describes a failure. It never contains the URL. */
export function textOf(result: Attempted): string {
  if ('status' in result) return `The receiver returned status ${result.status}.`
  const { error } = result
  if (error instanceof ForbiddenAddress || isFlaghoistError(error)) return error.message
  const { name, code } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError') return 'The receiver did not respond within 10 s.'
  return `The receiver could not be reached: ${code ?? name}.`
}
