import type { Ruleset } from '@flaghoist/core'
import type { Platform } from './platform.ts'
import type { Warner } from './warner.ts'

const SAVE_AFTER_MS = 1_000

/** Keeps the last good ruleset in the platform's cache: soon after a change, one write at a time. */
export class Saver {
  readonly #platform: Platform
  readonly #warner: Warner
  #wanted: Ruleset | undefined
  #writing: Promise<void> = Promise.resolve()
  #cancel: (() => void) | undefined

  constructor(platform: Platform, warner: Warner) {
    this.#platform = platform
    this.#warner = warner
  }

  /** What was kept; undefined where there is nothing that can be read. */
  load(): Ruleset | undefined {
    try {
      const text = this.#platform.cache?.read()
      return text === undefined ? undefined : (JSON.parse(text) as Ruleset)
    } catch {
      return undefined // Whatever is there is no ruleset; the next save replaces it.
    }
  }

  save(ruleset: Ruleset): void {
    if (this.#platform.cache === undefined) return
    this.#wanted = ruleset
    this.#cancel ??= this.#platform.schedule(SAVE_AFTER_MS, () => void this.flush())
  }

  /** Writes what is waiting; never rejects. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const ruleset = this.#wanted
    this.#wanted = undefined
    if (ruleset === undefined) return
    try {
      await this.#platform.cache?.write(JSON.stringify(ruleset))
    } catch (error) {
      this.#warner.warn('cache-write', `The ruleset could not be cached: ${String(error)}`)
    }
  }
}
