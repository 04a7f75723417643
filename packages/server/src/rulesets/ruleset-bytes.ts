import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import { bytesInSteps } from '../bytes-in-steps.ts'

/**
 * Serialises a ruleset or a patch in small steps, to the bytes of `JSON.stringify`.
 * @param start text before it
 * @param end text after it
 */
export function rulesetBytes(
  value: Ruleset | RulesetPatch,
  start = '',
  end = '',
): Generator<void, Buffer> {
  return bytesInSteps(piecesOf(value, start, end))
}

/** Yields the text item by item. */
function* piecesOf(value: Ruleset | RulesetPatch, start: string, end: string): Generator<string> {
  yield start
  let separator = '{'
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    yield `${separator}${JSON.stringify(name)}:`
    if (name === 'flags' || name === 'segments') yield* itemPieces(member)
    else yield JSON.stringify(member)
    separator = ','
  }
  yield `}${end}`
}

function* itemPieces(items: Readonly<Record<string, unknown>>): Generator<string> {
  let separator = '{'
  for (const key of Object.keys(items)) {
    yield `${separator}${JSON.stringify(key)}:${itemText(items[key])}`
    separator = ','
  }
  yield separator === '{' ? '{}' : '}'
}

/** Length from which the text of an item is kept. */
const LARGE = 64 * 1024

/** The last large item, such as a segment: all targets that receive it share its text. */
let lastLarge: { readonly item: unknown; readonly text: string } | undefined

function itemText(item: unknown): string {
  if (item === lastLarge?.item) return lastLarge!.text
  const text = JSON.stringify(item)
  if (text.length >= LARGE) lastLarge = { item, text }
  return text
}
