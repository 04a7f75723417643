import { type EvaluationContext, LIMITS } from '@flaghoist/core'
import { type Cursor, parseCursor } from '../rulesets/cursor.ts'
import { ofrepProblem } from './errors.ts'

const NO_CONTEXT: EvaluationContext = Object.freeze({})

/**
 * Parses a body. Contexts are data: `__proto__` is an ordinary name. @throws {FlaghoistError}
 * `PARSE_ERROR`
 */
export function parseBody(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw ofrepProblem('PARSE_ERROR', { problem: 'it is not JSON.' }, { cause })
  }
}

/**
 * The context of an evaluation request. A missing context or targeting key is valid, as in an SDK,
 * because not every flag needs one.
 * @throws {FlaghoistError} `PARSE_ERROR`, `INVALID_CONTEXT`, `TARGETING_KEY_MISSING`
 */
export function contextOf(body: unknown): EvaluationContext {
  if (body === undefined) return NO_CONTEXT
  if (!isRecord(body)) throw ofrepProblem('PARSE_ERROR', { problem: 'it is not an object.' })
  const context = body.context ?? NO_CONTEXT
  if (!isRecord(context)) throw invalidContext('it is not an object.')

  const values = Object.values(context)
  if (values.length > LIMITS.contextAttributes)
    throw invalidContext(
      `it has ${values.length} attributes; the limit is ${LIMITS.contextAttributes}.`,
    )
  if (!isWithinDepth(values, LIMITS.jsonDepth))
    throw invalidContext(`it is nested more than ${LIMITS.jsonDepth} levels deep.`)
  const key = Object.hasOwn(context, 'targetingKey') ? context.targetingKey : undefined
  if (typeof key === 'object' && key !== null)
    throw ofrepProblem('TARGETING_KEY_MISSING', {
      given: Array.isArray(key) ? 'a list' : 'an object',
    })
  return context
}

/**
 * Checks the nesting of values, level by level, because JSON may be nested deeper than the call
 * stack.
 */
function isWithinDepth(values: readonly unknown[], levels: number): boolean {
  let level = values.filter(isNested)
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return false
    level = level.flatMap((value) => Object.values(value)).filter(isNested)
  }
  return true
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isNested(value) && !Array.isArray(value)
}

function invalidContext(reason: string): Error {
  return ofrepProblem('INVALID_CONTEXT', { problem: reason })
}

/** Parses a `flagConfigEtag`; clients may send it with the quotes of an ETag. */
export function parseConfigEtag(text: unknown): Cursor | undefined {
  return typeof text === 'string' ? parseCursor(text.replace(/^(?:W\/)?"(.*)"$/, '$1')) : undefined
}
