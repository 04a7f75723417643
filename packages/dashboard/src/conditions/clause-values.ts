import { type Clause, isJson, type Operator, valueText } from '../flag/sentences.ts'

type Value = Clause['values'][number]

/** Operators that compare with numbers and booleans too. */
const TYPED: ReadonlySet<Operator> = new Set(['in', 'lt', 'lte', 'gt', 'gte', 'before', 'after'])

/** Returns the values of a text that has one in each line. Text in quotes is never a number. */
export function valuesOf(text: string, op: Operator): Value[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => parsed(line, op))
}

/** Returns values as people type them, one in each line. */
export const valuesText = (values: readonly Value[]): string => values.map(valueText).join('\n')

function parsed(line: string, op: Operator): Value {
  if (!isJson(line)) return line
  const value: Value = JSON.parse(line)
  return TYPED.has(op) || typeof value === 'string' ? value : line
}
