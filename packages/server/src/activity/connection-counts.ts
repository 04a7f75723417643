import { isWithin } from '@flaghoist/core/model'
import type { z } from 'zod'
import { sum } from '../streams/propagation-report.ts'
import type { ActivityConnections } from './schemas.ts'

/** Connected SDKs by scope. */
export type ConnectionCounts = ReadonlyMap<string, number>

export type ConnectionsEvent = z.infer<typeof ActivityConnections>

/** Returns the counts of the scopes within a scope. */
export function countsWithin(counts: ConnectionCounts, within: string | undefined) {
  return new Map([...counts].filter(([scope]) => isWithin(scope, within)))
}

/** Returns the event of all scopes. */
export function wholeConnections(counts: ConnectionCounts): ConnectionsEvent {
  return { connected: totalOf(counts), scopes: Object.fromEntries(counts), isWhole: true }
}

/** Returns the event of the scopes whose number has changed; undefined without any. */
export function changedConnections(
  before: ConnectionCounts,
  after: ConnectionCounts,
): ConnectionsEvent | undefined {
  const changed = [...after].filter(([scope, count]) => before.get(scope) !== count)
  const left = [...before.keys()].filter((scope) => !after.has(scope))
  const scopes = Object.fromEntries([...changed, ...left.map((scope) => [scope, 0] as const)])
  if (changed.length + left.length === 0) return undefined
  return { connected: totalOf(after), scopes, isWhole: false }
}

function totalOf(counts: ConnectionCounts): number {
  return sum([...counts.values()])
}
