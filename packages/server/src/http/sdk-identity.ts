import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SdkIdentity } from '../streams/hub.ts'

const MAX_NAME = 100
const MAX_ID = 64

/** The headers by which an SDK identifies itself. */
export const SdkHeaders = z.looseObject({
  'flaghoist-sdk': z
    .string()
    .max(MAX_NAME)
    .optional()
    .meta({ description: 'Name and version of the SDK, such as `@flaghoist/node/0.1.0`' }),
  'flaghoist-sdk-id': z
    .string()
    .max(MAX_ID)
    .optional()
    .meta({ description: 'Random id of one SDK object' }),
})

/** The identity that an SDK names in full; undefined for any other request. */
export function namedIdentity(headers: IncomingHttpHeaders): SdkIdentity | undefined {
  const name = headers['flaghoist-sdk']
  const id = headers['flaghoist-sdk-id']
  return isShort(name, MAX_NAME) && isShort(id, MAX_ID) ? { id, name } : undefined
}

/** The identity of the SDK behind a request. Without headers, each request counts as a new SDK. */
export function identityOf(request: FastifyRequest): SdkIdentity {
  const name = request.headers['flaghoist-sdk']
  const id = request.headers['flaghoist-sdk-id']
  return {
    id: typeof id === 'string' && id !== '' ? id : request.id,
    name: typeof name === 'string' && name !== '' ? name : 'unknown',
  }
}

function isShort(header: string | string[] | undefined, max: number): header is string {
  return typeof header === 'string' && header !== '' && header.length <= max
}
