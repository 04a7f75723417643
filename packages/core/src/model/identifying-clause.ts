import type { Clause } from '../ruleset/wire.ts'
import { isHashed } from './compile/hash-identifiers.ts'

/** Operators that compare texts. The values of other operators are limits, not identities. */
const TEXT_OPERATORS: ReadonlySet<string> = new Set([
  'in',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'cidr',
])
/** The last words of names of attributes that identify a person or a customer. */
const IDENTIFYING_NAME =
  /(^| )((id|uuid|guid|e ?mail|phone|mobile|login|user|user ?name|account|customer|tenant|ip)s?( address| number)?|(first|last|full) name|targeting key|instance)$/
/** An email address or a part of one, a UUID, or an international phone number. */
const IDENTIFYING_VALUE = /@|^\+\d[\d ()-]{6,}$|^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * Returns the values of a clause that identify people or customers and that client keys receive
 * unhashed: all of them if the name of the attribute says so, or else those that look like it. A
 * heuristic for warnings; no evaluation depends on it.
 */
export function plainIdentifiers(clause: Clause): Clause['values'] {
  if (!TEXT_OPERATORS.has(clause.op) || isHashed(clause)) return []
  const values = clause.values.filter((value) => typeof value !== 'boolean')
  if (IDENTIFYING_NAME.test(wordsOf(clause.attribute))) return values
  return values.filter((value) => IDENTIFYING_VALUE.test(String(value)))
}

/** The words of the last part of an attribute's path: `user.accountId` has "account id". */
function wordsOf(attribute: string): string {
  const name = attribute.slice(attribute.lastIndexOf('.') + 1)
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\-\s]+/g, ' ')
    .toLowerCase()
}
