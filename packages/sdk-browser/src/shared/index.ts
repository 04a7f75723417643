/** Feature flags for browsers, with one connection for all tabs of an origin. */
import { type BrowserFlags, type BrowserOptions, flagsOver } from '../create-flags.ts'
import { shareStreams } from './share-streams.ts'

export type { BrowserFlags, BrowserOptions } from '../create-flags.ts'

/**
 * Creates flags like `createFlags` of `@flaghoist/browser`, with one stream for all tabs and
 * workers of the origin that have equal options. One of them holds the stream (Web Locks) and
 * forwards its events (BroadcastChannel). If it closes, hides or crashes, another takes over at
 * once. Browsers without either API open one stream per tab.
 *
 * @example
 * const flags = createFlags({ url: 'https://flags.example.com', key: 'fh_client_…' })
 */
export function createFlags(options: BrowserOptions): BrowserFlags {
  return flagsOver(options, (platform, name, ruleset) =>
    globalThis.navigator?.locks && globalThis.BroadcastChannel
      ? shareStreams(platform, name, ruleset)
      : platform,
  )
}
