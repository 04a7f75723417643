import type { Ruleset } from '@flaghoist/core'
import type { Cursor } from '../rulesets/cursor.ts'

/** Number of patches that are kept for clients that reconnect. */
const MAX_PATCHES = 1_024
/** Beyond this size, a client is better served by the whole ruleset. */
const MAX_BYTES = 4 * 1024 * 1024

interface SentPatch {
  readonly from: Pick<Ruleset, 'version' | 'hash'>
  readonly frame: Buffer
}

/** Checks that a cursor names a ruleset. SDKs before 0.2 send no hash. */
export function isAt(
  { version, hash }: Pick<Cursor, 'version' | 'hash'>,
  ruleset: Pick<Ruleset, 'version' | 'hash'>,
): boolean {
  return version === ruleset.version && (hash === undefined || hash === ruleset.hash)
}

/** The latest patches of a target, each from one version to the next. */
export class PatchRing {
  readonly #sent: SentPatch[] = []
  #bytes = 0

  add(from: SentPatch['from'], frame: Buffer): void {
    this.#sent.push({ from, frame })
    this.#bytes += frame.length
    while (this.#sent.length > MAX_PATCHES || this.#bytes > MAX_BYTES)
      this.#bytes -= this.#sent.shift()!.frame.length
  }

  clear(): void {
    this.#sent.length = 0
    this.#bytes = 0
  }

  /** The frames of all patches after a cursor; undefined if the first of them was evicted. */
  since(cursor: Pick<Cursor, 'version' | 'hash'>): readonly Buffer[] | undefined {
    const first = this.#sent.findIndex(({ from }) => isAt(cursor, from))
    return first < 0 ? undefined : this.#sent.slice(first).map(({ frame }) => frame)
  }
}
