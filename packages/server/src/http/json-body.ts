import { isFlaghoistError } from '@flaghoist/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { problem } from '../errors.ts'
import { parseInTurns } from '../parse-in-turns.ts'
import { jsonDefect } from './json-defect.ts'

/** Bodies that name an object's prototype or constructor are refused. */
const ON_POISONING = 'error'

type Done = (error: Error | null, body?: unknown) => void

/** The JSON parser for request bodies. Its errors name the place of the defect. */
export function jsonParserOf(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser(ON_POISONING, ON_POISONING)
  return (request: FastifyRequest, text: string, done: Done): void =>
    void parse(request, text, (error, body) => {
      done(error === null ? null : jsonProblem(text, error), body)
    })
}

/**
 * Accepts JSON alone, and an empty body with the content type of JSON, as some clients send it with
 * every request. A large body is parsed in turns of the event loop that are short.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  const parseJson = jsonParserOf(app)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (request: FastifyRequest, body: string) => {
      if (body === '') return undefined
      return parseInTurns(body, (text) => resultOf((done) => parseJson(request, text, done)))
    },
  )
}

/** Returns the result of a function that calls back at once. */
function resultOf(call: (done: Done) => void): unknown {
  let result: { readonly error: Error | null; readonly body?: unknown } | undefined
  call((error, body) => {
    result = { error, body }
  })
  if (result!.error !== null) throw result!.error
  return result!.body
}

/** Refuses a body on routes that read none: its members would be lost silently. */
export async function refuseUnreadBody({ body, routeOptions }: FastifyRequest): Promise<void> {
  if (routeOptions.schema?.body !== undefined) return
  if (typeof body !== 'object' || body === null || Object.keys(body).length === 0) return
  throw problem(
    'REQUEST_INVALID',
    { problem: 'This request has no body, but one was sent.' },
    { hint: 'Send a reason in the query, as ?reason=…, and nothing in the body.' },
  )
}

function jsonProblem(text: string, cause: Error): Error {
  if (isFlaghoistError(cause)) return cause
  const defect = jsonDefect(text)
  if (defect !== undefined)
    return problem('REQUEST_INVALID', { problem: defect }, { cause, hint: 'Correct the JSON.' })
  const poisoned = 'The body has a member "__proto__" or "constructor.prototype".'
  return problem('REQUEST_INVALID', { problem: poisoned }, { cause, hint: 'Rename the member.' })
}
