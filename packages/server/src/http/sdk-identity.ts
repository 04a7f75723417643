import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SdkIdentity } from '../streams/hub.ts'

/** The headers by which an SDK identifies itself. */
export const SdkHeaders = z.looseObject({
  'flaghoist-sdk': z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Name and version of the SDK, such as `@flaghoist/node/0.1.0`' }),
  'flaghoist-sdk-id': z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Random id of one SDK object' }),
})

/** The identity of the SDK behind a request. Without headers, each request counts as a new SDK. */
export function identityOf(request: FastifyRequest): SdkIdentity {
  const name = request.headers['flaghoist-sdk']
  const id = request.headers['flaghoist-sdk-id']
  return {
    id: typeof id === 'string' && id !== '' ? id : request.id,
    name: typeof name === 'string' && name !== '' ? name : 'unknown',
  }
}
