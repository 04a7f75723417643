/** Feature flags for browsers, where all tabs of an origin share one connection. */
import { type BrowserFlags, type BrowserOptions, flagsOver } from '../create-flags.ts'
import { shareStreams } from './share-streams.ts'

export type { BrowserFlags, BrowserOptions } from '../create-flags.ts'

/**
 * As `createFlags` of `@flaghoist/browser`, with one stream for all tabs and workers of the origin that have the same options. One of
 * them holds it (Web Locks) and tells the others (BroadcastChannel); when that one closes, hides or crashes, the next takes over at once.
 * A browser without either has a stream for each tab.
 *
 * @throws {FlaghoistError} `OPTION_UNKNOWN`, `OPTION_INVALID`, in development builds alone
 */
export function createFlags(options: BrowserOptions): BrowserFlags {
  return flagsOver(options, (platform, name, ruleset) =>
    globalThis.navigator?.locks && globalThis.BroadcastChannel
      ? shareStreams(platform, name, ruleset)
      : platform,
  )
}
