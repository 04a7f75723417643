import { runInTurns } from './pause.ts'

/** Characters that one turn parses: a few milliseconds. */
const PIECE = 256 * 1024
/** Depth down to which a text is divided: entities in the lists of a file, and their members. */
const MAX_DEPTH = 4
/** Names that a parser may refuse together with their values, so that both stay in one piece. */
const UNDIVIDED: ReadonlySet<string> = new Set(['__proto__', 'constructor'])

/** The start of a list or an object. The whitespace of JSON is narrower than `\s`. */
const LIST_OR_OBJECT = /^[ \t\n\r]*[[{]/
/** The name of a member, and its colon. */
const MEMBER_NAME = /^[ \t\n\r]*("(?:[^"\\]|\\.)*")[ \t\n\r]*:/
const WHITESPACE = /^[ \t\n\r]*$/

/** Parses a whole JSON text. */
type Parse = (text: string) => unknown

/**
 * Parses JSON in turns of the event loop that are short. Leads to the same value or the same error
 * as parsing the text at once.
 * @param parse parses a short text, and the pieces of a long one
 * @param signal ends the parsing with its reason, before the next turn
 */
export async function parseInTurns(
  text: string,
  parse: Parse = JSON.parse,
  signal?: AbortSignal,
): Promise<unknown> {
  signal?.throwIfAborted()
  if (text.length <= PIECE) return parse(text)
  try {
    return await runInTurns(parseDivided(text, parse, 0), signal)
  } catch {
    signal?.throwIfAborted()
    // Only the error of the whole text names the right place.
    return parse(text)
  }
}

function* parseDivided(text: string, parse: Parse, depth: number): Generator<void, unknown> {
  const isDivisible = text.length > PIECE && depth < MAX_DEPTH && LIST_OR_OBJECT.test(text)
  if (!isDivisible) return parse(text)
  const ends = yield* memberEnds(text)
  const parseMembers = text[ends[0]!] === '[' ? parseList : parseObject
  return yield* parseMembers({ text, ends }, parse, depth)
}

/** A list or an object, with the places of its brackets and of the commas between its members. */
interface Divided {
  readonly text: string
  readonly ends: readonly number[]
}

function* parseList(list: Divided, parse: Parse, depth: number): Generator<void, unknown> {
  const items: unknown[] = []
  for (const { members, isLarge } of groupsOf(list)) {
    if (isLarge) items.push(yield* parseDivided(members, parse, depth + 1))
    else for (const item of someOf(parse(`[${members}]`) as unknown[])) items.push(item)
    yield
  }
  return items
}

function* parseObject(object: Divided, parse: Parse, depth: number): Generator<void, unknown> {
  const entries: [string, unknown][] = []
  for (const { members, isLarge } of groupsOf(object)) {
    const member = isLarge ? splitMember(members) : undefined
    if (member === undefined)
      for (const entry of someOf(Object.entries(parse(`{${members}}`) as object)))
        entries.push(entry)
    else entries.push([member.name, yield* parseDivided(member.value, parse, depth + 1)])
    yield
  }
  return Object.fromEntries(entries)
}

/** Groups members up to the size of a piece. A larger one comes alone. */
function* groupsOf({ text, ends }: Divided) {
  for (let first = 0; first + 1 < ends.length; ) {
    let last = first + 1
    while (last + 1 < ends.length && ends[last + 1]! - ends[first]! <= PIECE) last += 1
    const members = text.slice(ends[first]! + 1, ends[last])
    yield { members, isLarge: members.length > PIECE }
    first = last
  }
}

/** Refuses a group without a member: one is missing before a comma or after it. */
function someOf<T>(members: readonly T[]): readonly T[] {
  if (members.length === 0) throw new SyntaxError('A member is missing.')
  return members
}

/** Returns the parts of a member; undefined for one that stays in one piece. */
function splitMember(member: string): { name: string; value: string } | undefined {
  const [start = '', text = ''] = MEMBER_NAME.exec(member) ?? []
  const name = JSON.parse(text) as string
  return UNDIVIDED.has(name) ? undefined : { name, value: member.slice(start.length) }
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
/** `[` and `{`, and `]` and `}`, differ in this bit only. */
const CURLY = 0x20
const [OPEN, CLOSE] = [0x7b, 0x7d]

/**
 * Finds the brackets of the first list or object, and the commas between its members. The parser of
 * the pieces refuses those that are not JSON.
 */
function* memberEnds(text: string): Generator<void, number[]> {
  const ends: number[] = []
  let depth = 0
  let pauseAt = PIECE
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if ((code | CURLY) === OPEN) {
      if (depth === 0) ends.push(i)
      depth += 1
    } else if ((code | CURLY) === CLOSE) {
      depth -= 1
      if (depth === 0) {
        ends.push(i)
        break
      }
    } else if (code === COMMA && depth === 1) ends.push(i)
    if (i < pauseAt) continue
    pauseAt += PIECE
    yield
  }
  requireOne(text, ends)
  return ends
}

/** Refuses a text that is not one list or one object. */
function requireOne(text: string, ends: readonly number[]): void {
  const [first = 0, last = 0] = [ends[0], ends.at(-1)]
  const around = text.slice(0, first) + text.slice(last + 1)
  const brackets = `${text[first]}${text[last]}`
  if (!WHITESPACE.test(around) || (brackets !== '[]' && brackets !== '{}'))
    throw new SyntaxError('The text is not one list or object.')
}

/** Returns the place of the quote that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before -= 1
    if ((end - before) % 2 === 1) return end
  }
  return text.length
}
