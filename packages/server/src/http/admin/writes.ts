import { createHash } from 'node:crypto'
import { canonicalJson } from '@flaghoist/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Authority, Intent, Outcome } from '../../changes/changes.ts'
import { versionOf } from '../../changes/checks.ts'
import { problem } from '../../errors.ts'
import type { Parts } from '../../parts.ts'

/** What a route wants written, and what it answers. */
export interface Write {
  readonly project: string
  readonly action: string
  readonly plan: Intent['plan']
  readonly reason?: string | undefined
  readonly urgent?: boolean | undefined
  /** Entities (`kind:key`) whose version `If-Match` is about. */
  readonly names?: readonly string[] | undefined
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
  const status = wanted.status ?? 200
  const etagOf = ({ state }: Outcome) => wanted.names && `"${versionOf(state, wanted.names)}"`
  const intent = intentOf(request, wanted)
  const key = idempotencyKey(request)
  const committed = await (wanted.action === 'project.create'
    ? changes.createProject(intent)
    : changes.commit({
        ...intent,
        idempotency:
          key === undefined
            ? undefined
            : {
                key,
                fingerprint: fingerprintOf(request),
                answer: (outcome) => ({
                  status,
                  body: JSON.stringify((wanted.replay ?? wanted.answer)(outcome)),
                  etag: etagOf(outcome),
                }),
              },
      }))

  if (committed.replayed) {
    const { status: first, body, etag } = committed.replayed
    if (etag !== undefined) reply.header('etag', etag)
    return reply
      .code(first)
      .header('idempotency-replayed', 'true')
      .type('application/json; charset=utf-8')
      .serializer((text: string) => text)
      .send(body)
  }
  reply.code(status).header('flaghoist-version', String(committed.version))
  const etag = etagOf(committed)
  if (etag !== undefined) reply.header('etag', etag)
  if (wanted.location !== undefined) reply.header('location', wanted.location)
  return reply.send(wanted.answer(committed))
}

export function authorityOf({ principal }: FastifyRequest): Authority {
  return {
    actor: { kind: 'key', id: principal.keyId, name: principal.name },
    scope: principal.scope,
  }
}

function intentOf(request: FastifyRequest, wanted: Write): Intent {
  const { project, action, reason, urgent, names, plan } = wanted
  const version = ifMatch(request)
  return {
    project,
    authority: authorityOf(request),
    action,
    reason,
    requestId: request.id,
    urgent,
    expected: names && version !== undefined ? { names, version } : undefined,
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
