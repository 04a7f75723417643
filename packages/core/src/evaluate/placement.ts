import { checkOfLast, murmur3Int32, seedOf } from '../hash.ts'
import { attributeReader } from './attribute.ts'
import type { ClauseInputs } from './clause.ts'
import { contextUnit } from './json-value.ts'
import type { EvaluationContext, Unit } from './resolution.ts'

/** A unit of one context, and 64 bits that tell it from other units of the same salt. */
export interface Placement {
  readonly text: string
  readonly hash: number
  readonly check: number
}

/** The unit that an evaluation placed last. */
let lastUnit: Unit | undefined
const last = { text: '', hash: 0, check: 0 }

export function prepareUnit(by: string, salt: string, inputs: ClauseInputs): Unit {
  return { by, salt, seed: seedOf(salt), read: attributeReader(by, inputs) }
}

/** Reads the unit of a context as text; undefined where it is missing. */
export function readUnit({ by, read }: Unit, context: EvaluationContext): string | undefined {
  return contextUnit(read === undefined ? context[by] : read(context))
}

/** Hashes a unit. The next placement overwrites the returned one. */
export function placeUnit(unit: Unit, text: string): Placement {
  last.hash = murmur3Int32(text, unit.seed)
  last.check = checkOfLast()
  last.text = text
  lastUnit = unit
  return last
}

/**
 * Returns the placement of a context whose evaluation ended just now, in which this unit decided;
 * undefined where it is missing. It is read and hashed again only if another unit was placed after
 * it. The next placement overwrites the returned one.
 */
export function placementOf(unit: Unit, context: EvaluationContext): Placement | undefined {
  if (lastUnit === unit) return last
  const text = readUnit(unit, context)
  return text === undefined ? undefined : placeUnit(unit, text)
}
