import type { Peers } from './peers.ts'

/** Returns the part of a limit that this server may use. */
export type ShareOf = (limit: number) => number

/** The share of a server that uses its stores alone. */
export const WHOLE: ShareOf = (limit) => limit

/** The part of a limit that each server on the same stores may use. */
export interface ServerShare {
  readonly of: ShareOf
  /** Counts the servers again. Without an answer, the last count stays. */
  refresh(): Promise<void>
}

/** @param peers undefined where one server uses the stores alone */
export function createServerShare(peers: Peers | undefined): ServerShare {
  let servers = 1
  return {
    of: (limit) => limit / servers,
    async refresh() {
      if (peers !== undefined) servers = Math.max(1, await peers.count())
    },
  }
}
