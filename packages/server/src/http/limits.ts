import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { problem } from '../errors.ts'
import { secretOf } from './auth.ts'

/** Counts requests by key, or by address where there is none; kills are never counted. */
export async function limitRequests(
  app: FastifyInstance,
  { rateLimit: max }: Config,
): Promise<void> {
  if (max === 0) return
  await app.register(rateLimit, {
    max,
    timeWindow: '1 minute',
    keyGenerator: (request) => secretOf(request) ?? request.ip,
    errorResponseBuilder: (_request, { max: limit, ttl }) =>
      problem('RATE_LIMITED', { limit, seconds: Math.ceil(ttl / 1_000) }),
  })
}
