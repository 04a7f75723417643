import type { FastifyInstance } from 'fastify'

/** The prototype and the constructor of an object are no data; a body that names them is refused. */
const ON_POISONING = 'error'

/** What reads JSON of strangers. */
export function jsonParserOf(app: FastifyInstance) {
  return app.getDefaultJsonParser(ON_POISONING, ON_POISONING)
}

/** Takes an empty body for none, also from those who say of every request that it is JSON. */
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
