/** Returns the targeting keys of a text with one a line, each once. */
export function keysOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return [...new Set(lines.filter((line) => line !== ''))]
}

/**
 * Returns the context of a text: a JSON object, or else a targeting key. Undefined while the text
 * is empty or a JSON object that does not end yet.
 */
export function contextOf(text: string): Record<string, unknown> | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (!trimmed.startsWith('{')) return { targetingKey: trimmed }
  try {
    return JSON.parse(trimmed) as Record<string, unknown>
  } catch {
    return undefined
  }
}
