import type { FastifyInstance } from 'fastify'

/** Bodies that name an object's prototype or constructor are refused. */
const ON_POISONING = 'error'

/** The JSON parser for request bodies. */
export function jsonParserOf(app: FastifyInstance) {
  return app.getDefaultJsonParser(ON_POISONING, ON_POISONING)
}

/**
 * Accepts an empty body with the content type of JSON, as some clients send it with every request.
 */
export function acceptEmptyJson(app: FastifyInstance): void {
  const parseJson = jsonParserOf(app)
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (request, body: string, done) => {
      if (body === '') done(null)
      else void parseJson(request, body, done)
    },
  )
}
