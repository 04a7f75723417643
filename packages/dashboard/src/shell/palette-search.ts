/**
 * Returns how well a text matches a query: higher is better, 0 for no match. Every letter of the
 * query must occur in order; beginnings of words count most.
 */
export function matchScore(text: string, query: string): number {
  const letters = text.toLowerCase()
  let score = 1
  let from = 0
  for (const char of query.toLowerCase().replaceAll(' ', '')) {
    const at = letters.indexOf(char, from)
    if (at < 0) return 0
    const isStart = at === 0 || /[\s._-]/.test(letters[at - 1]!)
    score += at === from && from > 0 ? 3 : isStart ? 2 : 0
    from = at + 1
  }
  return score + (letters.includes(query.toLowerCase()) ? 10 : 0) + 1 / letters.length
}
