import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { problem } from '../errors.ts'
import { jsonParserOf } from '../http/json-body.ts'
import { bodyTooLarge } from '../http/problem.ts'

/**
 * Lets the routes of a plugin accept JSON that is compressed by gzip.
 *
 * @param bodyLimit maximum bytes of a body, compressed and uncompressed: no small body unpacks to a
 * huge one
 */
export function acceptGzippedJson(app: FastifyInstance, bodyLimit: number): void {
  const parseJson = jsonParserOf(app)
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit },
    (request, body: Buffer, done) => {
      unpackBody(request.headers, body, bodyLimit).then(
        (text) => parseJson(request, text, done),
        done,
      )
    },
  )
}

/**
 * Decompresses the body of a request.
 * @throws {FlaghoistError} `ENCODING_UNKNOWN`, `BODY_TOO_LARGE`, `REQUEST_INVALID`
 */
export async function unpackBody(
  headers: IncomingHttpHeaders,
  body: Buffer,
  limit: number,
): Promise<string> {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return body.toString()
  if (encoding !== 'gzip') throw problem('ENCODING_UNKNOWN', { encoding: encoding.slice(0, 50) })
  try {
    return (await promisify(gunzip)(body, { maxOutputLength: limit })).toString()
  } catch (error) {
    if (error instanceof RangeError) throw bodyTooLarge(limit, error)
    throw problem('REQUEST_INVALID', { problem: 'The body is not gzip.' }, { cause: error })
  }
}
