/** Patches that are kept for clients that were away. */
const MOST_PATCHES = 1_024
/** Beyond this, whoever was away so long is better served by the whole ruleset. */
const MOST_BYTES = 4 * 1024 * 1024

interface Sent {
  readonly from: number
  readonly frame: Buffer
}

/** The last patches of an address, each leading from one version to the next. */
export class PatchRing {
  readonly #sent: Sent[] = []
  #bytes = 0

  add(from: number, frame: Buffer): void {
    this.#sent.push({ from, frame })
    this.#bytes += frame.length
    while (this.#sent.length > MOST_PATCHES || this.#bytes > MOST_BYTES)
      this.#bytes -= this.#sent.shift()!.frame.length
  }

  clear(): void {
    this.#sent.length = 0
    this.#bytes = 0
  }

  /** Frames of all patches after a version, or undefined where the first of them is gone. */
  since(version: number): readonly Buffer[] | undefined {
    const first = this.#sent.findIndex(({ from }) => from === version)
    return first < 0 ? undefined : this.#sent.slice(first).map(({ frame }) => frame)
  }
}
