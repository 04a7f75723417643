/** Hashes that were recorded earlier, and their places in the logs. */
export interface RecordedHeads {
  /** Compares a change with the recorded hashes. */
  see(hash: string, place: string): void
  /** Returns each recorded hash with its place; undefined if no change has it. */
  places(): readonly (readonly [head: string, place: string | undefined])[]
}

/** Digits of a hash that are recorded at least. */
export const MIN_DIGITS = 16

/** @param heads hashes or their first digits, at least {@link MIN_DIGITS}, in lower case */
export function createRecordedHeads(heads: readonly string[]): RecordedHeads {
  const places = new Map<string, string>()
  const starts = new Set(heads.map((head) => head.slice(0, MIN_DIGITS)))
  return {
    see(hash, place) {
      if (!starts.has(hash.slice(0, MIN_DIGITS))) return
      for (const head of heads) if (hash.startsWith(head)) places.set(head, place)
    },
    places: () => heads.map((head) => [head, places.get(head)]),
  }
}
