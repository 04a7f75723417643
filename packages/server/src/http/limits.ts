import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { problem } from '../errors.ts'
import { secretOf } from './auth.ts'

/**
 * Limits requests per key, or per IP address without a key. Kills are exempt. Each process counts
 * by itself.
 */
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
