/** Neighbours in the reply of a script, such as a field and its value. */
export type Pair = readonly [name: string, value: string]

/** Returns the pairs of a flat list. */
export function pairsOf(texts: readonly string[]): readonly Pair[] {
  return Array.from({ length: Math.floor(texts.length / 2) }, (_, i) => {
    return [texts[2 * i]!, texts[2 * i + 1]!]
  })
}
