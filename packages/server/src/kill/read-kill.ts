import { closest } from '@flaghoist/core/internal'
import { problem } from '../errors.ts'
import { jsonDefect } from '../http/json-defect.ts'
import { bodyTooLarge } from '../http/problem.ts'
import { CONTROL_CHARACTERS, REASON_LENGTH } from '../http/reason.ts'
import { sizeText } from '../size-text.ts'
import { invalidRequest } from '../validation/invalid.ts'
import { readValue } from '../validation/read-value.ts'
import { MAX_BODY_BYTES, type RawBody } from './raw-body.ts'
import { KillByTagRequest, type KillWarning } from './schemas.ts'
import type { KillSelector } from './select.ts'

/** A kill as far as its request can be read, and the parts that cannot. */
export interface ReadKill {
  /** Undefined for every scope that the key may kill. */
  readonly scopes: readonly string[] | undefined
  /** Empty if the request gives none. */
  readonly reason: string
  readonly warnings: readonly KillWarning[]
}

const MEMBERS = ['scopes', 'reason']
const MAX_REPORTED_MEMBERS = 5
/** Longer than any scope. */
const MAX_SHOWN = 210
const REPLACEMENT = '\ufffd'

/** Reads a kill from a request. Never fails: a kill is not refused for its form. */
export function readKill(body: RawBody | undefined, query: unknown): ReadKill {
  const { members, warnings: ofBody } = readMembers(body)
  const { scopes, warnings: ofScopes } = readScopes(members.scopes)
  const { reason, warnings: ofReason } = readReason(queriedReason(query) ?? members.reason)
  return { scopes, reason, warnings: [...ofBody, ...ofScopes, ...ofReason] }
}

/** A kill by tag, and the parts of its request that cannot be read. */
export interface ReadSelection extends Omit<ReadKill, 'scopes'> {
  readonly selector: KillSelector
}

/**
 * Reads a kill by tag. Its selection is strict, because without one the kill has no target.
 * @throws {FlaghoistError} `REQUEST_INVALID`, `BODY_TOO_LARGE`
 */
export function readSelection(body: RawBody | undefined, query: unknown): ReadSelection {
  const { text, isTooLong } = body ?? { text: '', isTooLong: false }
  if (isTooLong) throw bodyTooLarge(MAX_BODY_BYTES)
  const defect = jsonDefect(text)
  if (defect !== undefined) throw problem('REQUEST_INVALID', { problem: defect })
  const { value, issues } = readValue(KillByTagRequest, JSON.parse(withoutMark(text)))
  if (issues !== undefined) throw invalidRequest(issues)
  const { reason: given, ...selector } = value
  return { selector, ...readReason(queriedReason(query) ?? given) }
}

type Members = Readonly<Record<string, unknown>>
interface Warnings {
  readonly warnings: readonly KillWarning[]
}

function readMembers(body: RawBody | undefined): { members: Members } & Warnings {
  if (body === undefined || body.text.trim() === '') return { members: {}, warnings: [] }
  if (body.isTooLong)
    return {
      members: {},
      warnings: [ignoredBody(`The body is longer than ${sizeText(MAX_BODY_BYTES)}.`)],
    }
  const defect = jsonDefect(body.text)
  if (defect !== undefined) return { members: {}, warnings: [ignoredBody(defect)] }
  const value: unknown = JSON.parse(withoutMark(body.text))
  if (value === null) return { members: {}, warnings: [] }
  if (typeof value !== 'object' || Array.isArray(value))
    return { members: {}, warnings: [ignoredBody('The body is not a JSON object.')] }
  return { members: { ...value }, warnings: unknownMembers(Object.keys(value)) }
}

function ignoredBody(problem: string): KillWarning {
  return { code: 'BODY_IGNORED', message: `${problem} The kill used none of it.` }
}

function unknownMembers(names: readonly string[]): readonly KillWarning[] {
  return names
    .filter((name) => !MEMBERS.includes(name))
    .slice(0, MAX_REPORTED_MEMBERS)
    .map((name) => {
      const nearest = closest(name, MEMBERS)
      const hint = nearest === undefined ? 'It was ignored.' : `Did you mean "${nearest}"?`
      return {
        code: 'MEMBER_IGNORED',
        message: `Member "${shown(name)}" is unknown. ${hint}`,
      }
    })
}

function readScopes(given: unknown): { scopes: readonly string[] | undefined } & Warnings {
  if (given === undefined || given === null) return { scopes: undefined, warnings: [] }
  if (typeof given === 'string') return { scopes: [shown(given)], warnings: [] }
  if (Array.isArray(given) && given.length > 0) return { scopes: given.map(shown), warnings: [] }
  const form = Array.isArray(given) ? 'an empty list' : shown(given)
  const message = `"scopes" is ${form}, not a list of scopes. The kill used every scope of the key.`
  return { scopes: undefined, warnings: [{ code: 'SCOPES_IGNORED', message }] }
}

function queriedReason(query: unknown): unknown {
  return (query as { reason?: unknown } | undefined)?.reason
}

/** Removes the byte order mark, which JSON.parse refuses. */
function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, '')
}

function readReason(given: unknown): { reason: string } & Warnings {
  if (given === undefined || given === null) return { reason: '', warnings: [] }
  if (typeof given === 'object') {
    const message = `"reason" is ${shown(given)}, not text. The kill has no reason.`
    return { reason: '', warnings: [{ code: 'REASON_IGNORED', message }] }
  }
  const text = String(given).replace(CONTROL_CHARACTERS, REPLACEMENT).trim()
  if (text.length <= REASON_LENGTH) return { reason: text, warnings: [] }
  const message = `The reason has ${text.length} characters; the first ${REASON_LENGTH} were kept.`
  // The cut may separate the two halves of a character.
  const reason = text.slice(0, REASON_LENGTH).replace(CONTROL_CHARACTERS, REPLACEMENT)
  return { reason, warnings: [{ code: 'REASON_SHORTENED', message }] }
}

/** A value as a message shows it. An object may be too deep to serialise. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object'
  const text = String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
