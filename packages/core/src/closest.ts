/**
 * Returns the known word closest to a misspelt one; undefined if none is close enough.
 * @param maxEdits the largest edit distance of a match; by default two, or a third of a long word
 */
export function closest(
  word: string,
  known: readonly string[],
  maxEdits: number = Math.max(2, Math.floor(word.length / 3)),
): string | undefined {
  const ranked = known
    // The lengths of two words never differ by more than their distance.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= maxEdits)
    .map((candidate) => ({
      candidate,
      edits: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= maxEdits ? best.candidate : undefined
}

/** Levenshtein distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
