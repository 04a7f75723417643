import { createHash } from 'node:crypto'
import { isFlaghoistError } from '@flaghoist/core'
import { canonicalJson } from '@flaghoist/core/internal'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { problem } from '../errors.ts'
import { createPause } from '../pause.ts'
import { comparedNames, versionOf } from '../projects/checks.ts'
import type {
  Authority,
  Caller,
  IdempotentRequest,
  Outcome,
  Preview,
  Projects,
  Write,
} from '../projects/projects.ts'
import { withWarnings } from '../projects/write-warnings.ts'
import type { Receipt } from '../stores/change-log.ts'
import { shown } from '../validation/issue-text.ts'
import { withApiNames } from './api-names.ts'
import { JSON_TYPE } from './json-type.ts'
import type { WriteQuery } from './reason.ts'

/** A request, and the reply that is still to be sent. */
export interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** The response to a write that succeeded. */
export interface WriteResponse {
  /** @default 200 */
  readonly status?: 200 | 201 | undefined
  /** Path of the created entity. */
  readonly location?: string | undefined
  body(outcome: Outcome): unknown
  /** The body that a retry receives, if it must differ from the first: a secret is shown once. */
  replayBody?: ((outcome: Outcome) => unknown) | undefined
}

/**
 * Commits a write and sends its response: with the project's version in `flaghoist-version`, the
 * number of its change in `flaghoist-change` unless nothing changed, and the version of the named
 * entities in `ETag`. Honours `If-Match` and `Idempotency-Key`: a retry receives the same headers.
 */
export async function commitAndReply(
  projects: Projects,
  { request, reply }: Exchange,
  write: Write,
  response: WriteResponse,
): Promise<FastifyReply> {
  const pause = createPause()
  const committed = await withApiNames(subjectOf(projects, write), () =>
    projects.commit(withReason(request, write), {
      ...callerOf(request, write),
      idempotency: idempotencyOf(request, write, response),
    }),
  )
  if (committed.replayed) return sendReceipt(reply, committed.replayed)
  // The store may have taken a long turn, and the ETag of 20,000 entities is another one.
  if (!write.urgent) await pause()
  return sendOutcome(reply, write, committed, response)
}

/** Sends the response to a write that succeeded. */
export function sendOutcome(
  reply: FastifyReply,
  write: Write,
  committed: Outcome,
  response: WriteResponse,
): FastifyReply {
  return reply
    .code(response.status ?? 200)
    .headers(headersOf(write, committed, response))
    .send(withWarnings(response.body(committed), committed.warnings))
}

function headersOf(
  write: Write,
  outcome: Outcome,
  { location }: WriteResponse,
): Record<string, string> {
  const etag = etagOf(write, outcome)
  return {
    'flaghoist-version': String(outcome.version),
    ...(outcome.change && { 'flaghoist-change': String(outcome.change.seq) }),
    ...(etag !== undefined && { etag }),
    ...(location !== undefined && { location }),
  }
}

/**
 * Previews a write, with the same reason and the same caller as its commit, and sends the ETag of
 * its entities. A protected environment demands this ETag before the preview too, so its refusal
 * has it.
 */
export async function previewOf(
  projects: Projects,
  { request, reply }: Exchange,
  write: Write,
): Promise<Preview> {
  try {
    const preview = await withApiNames(subjectOf(projects, write), () =>
      projects.preview(withReason(request, write), callerOf(request, write)),
    )
    sendEtag(reply, write, preview.before)
    return preview
  } catch (error) {
    if (isFlaghoistError(error) && error.code === 'ENVIRONMENT_PROTECTED')
      sendEtag(reply, write, projects.get(write.project).state)
    throw error
  }
}

/** The effect of a write that is not requested yet, and what its request must give. */
export interface Trial extends Preview {
  /** Version of the entities that the write names. */
  readonly version: number
  /** True if a protected environment demands a reason. */
  readonly needsReason: boolean
}

/**
 * Previews a write for a page that offers it, as if the request gave what a protected environment
 * demands.
 * @throws {FlaghoistError} with which the write would be refused
 */
export async function tryWrite(
  projects: Projects,
  request: FastifyRequest,
  write: Write,
): Promise<Trial> {
  const { state } = projects.get(write.project)
  const version = versionOf(state, comparedNames(write, state))
  const caller = { authority: authorityOf(request), requestId: request.id }
  const preview = (tried: Write, expected?: number) =>
    withApiNames(subjectOf(projects, write), () => projects.preview(tried, { ...caller, expected }))
  try {
    return { ...(await preview(write)), version, needsReason: false }
  } catch (error) {
    if (!isFlaghoistError(error) || error.code !== 'ENVIRONMENT_PROTECTED') throw error
    const allowed = await preview({ ...write, reason: 'Preview' }, version)
    return { ...allowed, version, needsReason: true }
  }
}

/** Returns the subject of a request: the first entity that its write names. */
function subjectOf(projects: Projects, { project, names }: Write): () => string | undefined {
  return () => {
    const [first, ...others] = names?.(projects.get(project).state) ?? []
    // A flag is named with its layers. Several layers without their flag have no common subject.
    return first?.startsWith('layer:') && others.length > 0 ? undefined : first
  }
}

/**
 * A write with the reason that the request gives in its query. An override counts only with a
 * reason.
 */
function withReason({ query }: FastifyRequest, write: Write): Write {
  const { reason, override } = query as z.infer<typeof WriteQuery>
  return reason === undefined ? write : { ...write, reason, ...(override && { override }) }
}

/** The caller of a write: its key, and the version that it expects. */
function callerOf(request: FastifyRequest, write: Write): Caller {
  const expected = write.urgent ? undefined : ifMatch(request)
  if (expected !== undefined && write.names === undefined)
    throw problem('REQUEST_INVALID', {
      problem: 'If-Match is not supported for projects and keys. Leave the header out.',
    })
  return { authority: authorityOf(request), requestId: request.id, expected }
}

export function authorityOf({ principal }: FastifyRequest): Authority {
  return {
    actor: {
      kind: 'key',
      id: principal.keyId,
      name: principal.name,
      ...(principal.person !== undefined && { person: principal.person }),
    },
    scope: principal.scope,
  }
}

/** Sends the stored response to an earlier request with the same `Idempotency-Key`. */
function sendReceipt(reply: FastifyReply, { status, body, headers }: Receipt): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .header('idempotency-replayed', 'true')
    .type(JSON_TYPE)
    .serializer((text: string) => text)
    .send(body)
}

/** Sends the version of the entities that a write names, without writing. */
export function sendEtag(reply: FastifyReply, write: Write, state: Outcome['state']): void {
  reply.header('etag', etagOf(write, { state }))
}

function etagOf(write: Write, { state }: Pick<Outcome, 'state'>): string | undefined {
  return write.names && `"${versionOf(state, comparedNames(write, state))}"`
}

function idempotencyOf(
  request: FastifyRequest,
  write: Write,
  response: WriteResponse,
): IdempotentRequest | undefined {
  const key = idempotencyKey(request)
  if (key === undefined) return undefined
  return {
    key,
    fingerprint: fingerprintOf(request),
    respond: (outcome) => ({
      status: response.status ?? 200,
      body: JSON.stringify(
        withWarnings((response.replayBody ?? response.body)(outcome), outcome.warnings),
      ),
      headers: headersOf(write, outcome, response),
    }),
  }
}

function ifMatch({ headers }: FastifyRequest): number | undefined {
  const given = headers['if-match']
  if (given === undefined || given === '*') return undefined
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(given)
  if (match === null)
    throw problem('REQUEST_INVALID', {
      problem: `If-Match must be an ETag such as "12", but is ${shown(given)}.`,
    })
  return Number(match[1])
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const given = request.headers['idempotency-key']
  if (given === undefined) return undefined
  if (typeof given !== 'string' || given.length < 1 || given.length > 200)
    throw problem('REQUEST_INVALID', {
      problem: 'Idempotency-Key must have 1 to 200 characters.',
    })
  return `${request.principal.keyId} ${given}`
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(`${method} ${url} ${canonicalJson(body ?? null)}`)
    .digest('hex')
}
