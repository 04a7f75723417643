import type { Ruleset } from '@flaghoist/core'
import type { Platform } from './platform.ts'

const SAVE_AFTER_MS = 1_000

/** Keeps the last good ruleset in the platform's cache: soon after a change, one write at a time. */
export class Saver {
  readonly #platform: Platform
  #wanted: Ruleset | undefined
  #writing: Promise<void> | undefined
  #cancel: (() => void) | undefined

  constructor(platform: Platform) {
    this.#platform = platform
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
    this.#cancel ??= this.#platform.schedule(SAVE_AFTER_MS, () => {
      this.#cancel = undefined
      void this.flush()
    })
  }

  /** Writes what is waiting; never rejects. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#writing
    const ruleset = this.#wanted
    this.#wanted = undefined
    if (ruleset === undefined) return
    this.#writing = this.#write(ruleset)
    await this.#writing
  }

  async #write(ruleset: Ruleset): Promise<void> {
    try {
      await this.#platform.cache?.write(JSON.stringify(ruleset))
    } catch (error) {
      this.#platform.warn(`The ruleset could not be cached: ${String(error)}`)
    }
  }
}
