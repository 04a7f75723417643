import { closest } from '@flaghoist/core/internal'
import { problem } from '../errors.ts'

/** One condition of a query. */
export interface Term {
  /** Qualifier, such as `state`; undefined for plain text. */
  readonly qualifier: string | undefined
  /** Accepted values; any of them is enough. */
  readonly values: readonly string[]
  /** Set for a term that begins with `-`: it excludes what matches. */
  readonly isNegated: boolean
}

/**
 * Parses a query such as `state:rolling,held env:production -tag:team:checkout "one page"`. Spaces
 * separate terms, which must all match. A comma separates values, and quotes hold one together.
 * @throws {FlaghoistError} `REQUEST_INVALID` for an unknown qualifier or a missing value
 */
export function parseQuery(text: string, qualifiers: readonly string[]): readonly Term[] {
  return [...text.matchAll(TERM)].map(([term, sign, qualifier, rest = '']) => {
    const values = valuesOf(rest)
    if (qualifier !== undefined) requireQualifier(qualifier, qualifiers)
    if (values.length === 0) throw invalid(`The term ${term} of the query has no value.`)
    return { qualifier, values, isNegated: sign === '-' }
  })
}

/** A sign, a qualifier, and parts with or without quotes. */
const TERM = /(?=\S)(-?)(?:([a-z]+):)?((?:"[^"]*"?|[^\s"])*)/g
const VALUE = /"([^"]*)"?|([^,"]+)/g

function valuesOf(text: string): readonly string[] {
  return [...text.matchAll(VALUE)].map(([, quoted, plain]) => quoted ?? plain ?? '').filter(Boolean)
}

function requireQualifier(qualifier: string, known: readonly string[]): void {
  if (known.includes(qualifier)) return
  throw invalid(`The query has no qualifier "${qualifier}". ${suggestion(qualifier, known)}`)
}

/**
 * Refuses a value that a qualifier does not have.
 * @throws {FlaghoistError} `REQUEST_INVALID`
 */
export function requireValues({ qualifier, values }: Term, known: readonly string[]): void {
  const unknown = values.find((value) => !known.includes(value))
  if (unknown === undefined) return
  throw invalid(`There is no ${qualifier} "${unknown}". ${suggestion(unknown, known)}`)
}

function suggestion(word: string, known: readonly string[]): string {
  const near = closest(word, known)
  return near === undefined ? `Use one of ${known.join(', ')}.` : `Did you mean "${near}"?`
}

function invalid(text: string) {
  return problem('REQUEST_INVALID', { problem: text })
}
