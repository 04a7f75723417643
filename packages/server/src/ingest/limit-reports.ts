import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RequestLimits } from '../http/limits.ts'

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** A report without a batch is smaller. */
const MAX_CONFIRMATION_BYTES = 1_024

/**
 * Hooks that count a report as a request of its key, except a mere confirmation: every client sends
 * one for each change, and must not use up what its batches need.
 */
export function limitReports(limits: RequestLimits): { onRequest: Hook; preValidation: Hook } {
  return {
    async onRequest(request, reply) {
      if (!isSmall(request.headers)) limits.require(request, reply)
    },
    async preValidation(request, reply) {
      if (isSmall(request.headers) && hasBatch(request.body)) limits.require(request, reply)
    },
  }
}

/** Returns true if a report may be a mere confirmation. */
export function isSmall(headers: IncomingHttpHeaders): boolean {
  return Number(headers['content-length'] ?? Number.NaN) <= MAX_CONFIRMATION_BYTES
}

function hasBatch(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'batch' in body
}
