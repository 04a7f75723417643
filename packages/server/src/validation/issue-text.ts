import { closest } from '@flaghoist/core/internal'
import type { z } from 'zod'
import { formsOf, misspelling } from './union-forms.ts'

type RawIssue = z.core.$ZodRawIssue

const MAX_SHOWN = 60
const MAX_NAMED = 25

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  tuple: 'a list',
}

/**
 * Describes one defect of a value in plain English. A schema with a text of its own comes first.
 * @param value the value as it was sent, before any conversion
 * @returns undefined for a defect that only its schema can describe
 */
export function issueText(issue: RawIssue, value: unknown): string | undefined {
  if (value === undefined && issue.code !== 'custom') return missing(issue)
  switch (issue.code) {
    case 'invalid_type':
      return `Expected ${TYPES[issue.expected] ?? issue.expected}, but received ${shown(value)}.`
    case 'too_big':
    case 'too_small':
      return boundText(issue, value)
    case 'invalid_value':
      return choiceText(issue.values, value)
    case 'invalid_format':
      return formatText(issue.format, value)
    case 'not_multiple_of':
      return `${shown(value)} is not a multiple of ${issue.divisor}.`
    case 'invalid_union':
      return `${shown(value)} is not valid here. Use ${formsOf(issue)}.${misspelling(issue, value)}`
    case 'invalid_key':
      return `The member name ${shown(value)} is not valid. ${issue.issues[0]?.message ?? ''}`.trim()
    default:
      return undefined
  }
}

function missing({ path = [] }: RawIssue): string {
  const name = path.at(-1)
  return name === undefined ? 'The value is missing.' : `The member "${String(name)}" is missing.`
}

/** The bounds of numbers, texts and lists. */
function boundText(
  issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>,
  value: unknown,
): string {
  const isMaximum = issue.code === 'too_big'
  const bound = isMaximum ? issue.maximum : issue.minimum
  if (typeof value === 'string')
    return `The text has ${count(value.length, 'character')}; the ${isMaximum ? 'maximum' : 'minimum'} is ${bound}.`
  if (Array.isArray(value))
    return `The list has ${count(value.length, 'item')}; the ${isMaximum ? 'maximum' : 'minimum'} is ${bound}.`
  if (issue.inclusive === false)
    return `${shown(value)} is not ${isMaximum ? 'less' : 'greater'} than ${bound}.`
  return `${shown(value)} is ${isMaximum ? 'above the maximum' : 'below the minimum'} of ${bound}.`
}

function choiceText(values: readonly unknown[], value: unknown): string {
  if (values.length === 1) return `Expected ${shown(values[0])}, but received ${shown(value)}.`
  const names = values.map(String)
  const nearest = typeof value === 'string' ? closest(value.slice(0, MAX_SHOWN), names) : undefined
  const listed = names.slice(0, MAX_NAMED).join(', ')
  const choices = names.length > MAX_NAMED ? `${listed}, …` : listed
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  return `${shown(value)} is not one of ${choices}.${hint}`
}

function formatText(format: string, value: unknown): string {
  if (format === 'datetime')
    return `${shown(value)} is not an instant in UTC, such as "2026-11-20T08:00:00Z".`
  return `${shown(value)} is not valid.`
}

/** A value as a message shows it. A large object is only named: it may be too deep to serialise. */
export function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null && !isSmall(value))
    return Array.isArray(value) ? 'a list' : 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function isSmall(value: object): boolean {
  const members = Object.values(value)
  return members.length <= 3 && members.every((member) => typeof member !== 'object')
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
