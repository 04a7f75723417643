import { createHash } from 'node:crypto'
import { canonicalJson } from '@flaghoist/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Authority, IdempotentRequest, Intent, Outcome } from '../projects/projects.ts'
import { versionOf } from '../projects/checks.ts'
import { problem } from '../errors.ts'
import type { Parts } from '../services.ts'
import type { Receipt } from '../store/store.ts'

/** What a route wants written, and what it answers. */
export interface Write {
  readonly project: string
  readonly action: string
  readonly plan: Intent['plan']
  readonly reason?: string | undefined
  readonly urgent?: boolean | undefined
  /** The project is not there yet: this is its first change. */
  readonly isNewProject?: true | undefined
  /** Entities (`kind:key`) that the request names, and whose version `If-Match` is about. */
  readonly names?: readonly string[] | undefined
  /** Doing it again does no harm, and must be done: no answer of before stands for it. */
  readonly isRepeatable?: true | undefined
  readonly status?: 200 | 201 | undefined
  /** The body of the answer. */
  answer(outcome: Outcome): unknown
  /** The body that is kept for a retry, where it must not be the same: a secret is shown once. */
  replay?: ((outcome: Outcome) => unknown) | undefined
  /** Path of what was made. */
  readonly location?: string | undefined
}

/**
 * Commits what a request wants through the one write path and answers it, with the project's version in
 * `flaghoist-version` and the entity's in `ETag`. Honours `If-Match` and `Idempotency-Key`.
 */
export async function write(
  { changes }: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  wanted: Write,
): Promise<FastifyReply> {
  const intent = { ...intentOf(request, wanted), idempotency: idempotencyOf(request, wanted) }
  const committed = await (wanted.isNewProject
    ? changes.createProject(intent)
    : changes.commit(intent))
  if (committed.replayed) return sendReceipt(reply, committed.replayed)

  const etag = etagOf(wanted, committed)
  reply.code(wanted.status ?? 200).header('flaghoist-version', String(committed.version))
  if (etag !== undefined) reply.header('etag', etag)
  if (wanted.location !== undefined) reply.header('location', wanted.location)
  return reply.send(wanted.answer(committed))
}

/** The answer to a request that came before, as it was then. */
function sendReceipt(reply: FastifyReply, { status, body, etag }: Receipt): FastifyReply {
  if (etag !== undefined) reply.header('etag', etag)
  return reply
    .code(status)
    .header('idempotency-replayed', 'true')
    .type('application/json; charset=utf-8')
    .serializer((text: string) => text)
    .send(body)
}

function etagOf({ names }: Write, { state }: Outcome): string | undefined {
  return names && `"${versionOf(state, names)}"`
}

function idempotencyOf(request: FastifyRequest, wanted: Write): IdempotentRequest | undefined {
  const key = idempotencyKey(request)
  if (key === undefined || wanted.isRepeatable) return undefined
  return {
    key,
    fingerprint: fingerprintOf(request),
    answer: (outcome) => ({
      status: wanted.status ?? 200,
      body: JSON.stringify((wanted.replay ?? wanted.answer)(outcome)),
      etag: etagOf(wanted, outcome),
    }),
  }
}

export function authorityOf({ principal }: FastifyRequest): Authority {
  return {
    actor: { kind: 'key', id: principal.keyId, name: principal.name },
    scope: principal.scope,
  }
}

function intentOf(request: FastifyRequest, wanted: Write): Intent {
  const { project, action, reason, urgent, names, plan } = wanted
  const version = urgent ? undefined : ifMatch(request)
  if (version !== undefined && names === undefined)
    throw problem('REQUEST_INVALID', {
      problem: 'If-Match is for a flag, a layer, an environment, an instance or a segment.',
    })
  return {
    project,
    authority: authorityOf(request),
    action,
    reason,
    requestId: request.id,
    urgent,
    names,
    expected: version,
    plan,
  }
}

function ifMatch({ headers }: FastifyRequest): number | undefined {
  const given = headers['if-match']
  if (given === undefined || given === '*') return undefined
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(given)
  if (match === null)
    throw problem('REQUEST_INVALID', { problem: `If-Match is ${given}, not an ETag such as "12".` })
  return Number(match[1])
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const given = request.headers['idempotency-key']
  if (given === undefined) return undefined
  if (typeof given !== 'string' || given.length < 1 || given.length > 200)
    throw problem('REQUEST_INVALID', {
      problem: 'Idempotency-Key has to have 1 to 200 characters.',
    })
  return `${request.principal.keyId} ${given}`
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(`${method} ${url} ${canonicalJson(body ?? null)}`)
    .digest('hex')
}
