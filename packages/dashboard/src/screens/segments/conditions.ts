import type { Segment } from './segment-requests.ts'

/** Returns conditions as JSON with one clause a line. */
export function conditionsJson(when: Segment['when']): string {
  if (when.length === 0) return '[]'
  const groups = when.map((group) => {
    const clauses = group.map((clause) => `    ${JSON.stringify(clause)}`)
    return `  [\n${clauses.join(',\n')}\n  ]`
  })
  return `[\n${groups.join(',\n')}\n]`
}

/** Returns the conditions of a text; undefined unless it is a JSON list of lists of clauses. */
export function conditionsOf(text: string): Segment['when'] | undefined {
  try {
    const value: unknown = JSON.parse(text.trim() || '[]')
    return Array.isArray(value) && value.every(isGroup) ? value : undefined
  } catch {
    return undefined
  }
}

const isGroup = (group: unknown): boolean => Array.isArray(group) && group.every(isClause)

/** Checks what a sentence reads; the server checks the rest. */
function isClause(clause: unknown): boolean {
  return (
    typeof clause === 'object' &&
    clause !== null &&
    'attribute' in clause &&
    'op' in clause &&
    'values' in clause &&
    Array.isArray(clause.values)
  )
}
