import { type EvaluationContext, LIMITS } from '@flaghoist/core'
import { ofrepProblem } from './errors.ts'

const NO_CONTEXT: EvaluationContext = Object.freeze({})

/** Reads a body. Contexts are data: `__proto__` is a name like any other. @throws {FlaghoistError} `PARSE_ERROR` */
export function parseBody(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw ofrepProblem('PARSE_ERROR', { problem: 'it is not JSON.' }, { cause })
  }
}

/**
 * The context of an evaluation request. A missing one, or one without a targeting key, is fine: it is answered as
 * an SDK answers it, since not every flag asks who somebody is.
 * @throws {FlaghoistError} `PARSE_ERROR`, `INVALID_CONTEXT`, `TARGETING_KEY_MISSING`
 */
export function contextOf(body: unknown): EvaluationContext {
  if (body === undefined) return NO_CONTEXT
  if (!isRecord(body)) throw ofrepProblem('PARSE_ERROR', { problem: 'it is not an object.' })
  const context = body.context ?? NO_CONTEXT
  if (!isRecord(context)) throw invalid('it is not an object.')

  const values = Object.values(context)
  if (values.length > LIMITS.contextAttributes)
    throw invalid(
      `it has ${values.length} attributes, and ${LIMITS.contextAttributes} are allowed.`,
    )
  if (!isWithinDepth(values, LIMITS.jsonDepth))
    throw invalid(`it is nested more than ${LIMITS.jsonDepth} levels deep.`)
  const key = Object.hasOwn(context, 'targetingKey') ? context.targetingKey : undefined
  if (typeof key === 'object' && key !== null)
    throw ofrepProblem('TARGETING_KEY_MISSING', {
      given: Array.isArray(key) ? 'a list' : 'an object',
    })
  return context
}

/** Whether nothing lies deeper than some levels; level by level, because JSON may be deeper than the call stack. */
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

function invalid(what: string): Error {
  return ofrepProblem('INVALID_CONTEXT', { problem: what })
}
