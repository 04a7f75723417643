import { entityName, layerKey, parseLayerKey } from '@flaghoist/core/model'
import { Key, Scope, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Outcome } from '../projects/projects.ts'
import { type KillTarget, planKill, planRestore, selectTargets } from './plan.ts'
import type { Parts } from '../services.ts'
import { problems } from '../http/problem.ts'
import { ProjectParams, RetryHeaders } from '../http/common.ts'
import { FlagParams } from '../flags/routes.ts'
import { write } from '../http/write.ts'

const tags = ['Kill switch']
const KillReason = z.string().trim().min(3).max(1_000).meta({
  description: 'Shown in the log of changes, and to whoever wonders why the flag is off',
  example: 'Checkout answers 500 for acme since 14:02',
})
const Scopes = z
  .array(Scope)
  .min(1)
  .max(1_000)
  .optional()
  .meta({
    description: 'Left out: everywhere that the key may change',
    example: ['production/acme'],
  })
const KillRequest = strict({ scopes: Scopes, reason: KillReason }).meta({ id: 'KillRequest' })
const RestoreRequest = strict({ scopes: Scopes, reason: KillReason.optional() }).meta({
  id: 'RestoreRequest',
})
const TagMap = z.record(z.string(), z.string())
const KillByTagRequest = strict({
  flagTags: TagMap.optional().meta({
    description: 'Tags that a flag has to have, all of them',
    example: { team: 'checkout' },
  }),
  instanceTags: TagMap.optional().meta({
    description: 'Only for instances with these tags',
    example: { region: 'eu' },
  }),
  environments: z.array(Key).min(1).optional().meta({ description: 'Left out: all' }),
  reason: KillReason,
})
  .refine(({ flagTags, instanceTags }) => flagTags !== undefined || instanceTags !== undefined, {
    message: 'Name flagTags, instanceTags, or both; {} means all.',
  })
  .meta({ id: 'KillByTagRequest' })

const KillReceipt = z
  .object({
    version: z.int().meta({ description: 'Version that carries it; an SDK that holds it obeys' }),
    changed: z
      .array(z.object({ flag: Key, scope: Scope }))
      .meta({ description: 'What was not so before' }),
    propagation: z.string().meta({ description: 'Where to see which SDKs hold it' }),
  })
  .meta({ id: 'KillReceipt' })
  .describe('It is stored, and sent to every connected SDK')

/** The kill switch: one call, idempotent, and ahead of every policy. */
export const killRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  const killBy = ({ name }: { name: string }, reason: string) => ({
    at: new Date(parts.now()).toISOString(),
    by: name,
    reason,
  })

  app.post(
    '/:project/flags/:flag/kill',
    {
      config: { rateLimit: false },
      schema: {
        operationId: 'killFlag',
        summary: 'Serve the off variant, now',
        description: 'A flag that is killed already stays killed, and the answer is the same.',
        tags,
        params: FlagParams,
        body: KillRequest,
        response: { 200: KillReceipt, ...problems(400, 401, 403, 404, 422, 503) },
      },
    },
    async (request, reply) => {
      const { project, flag } = request.params
      const { scopes = [request.principal.scope ?? '*'], reason } = request.body
      const targets = scopes.map((scope): KillTarget => ({ flag, scope }))
      return write(parts, request, reply, {
        project,
        action: 'flag.kill',
        reason,
        urgent: true,
        isRepeatable: true,
        names: layersOf(flag, scopes),
        plan: (state) => planKill(state, targets, killBy(request.principal, reason)),
        answer: (outcome) => receipt(project, outcome),
      })
    },
  )

  app.post(
    '/:project/flags/:flag/restore',
    {
      config: { rateLimit: false },
      schema: {
        operationId: 'restoreFlag',
        summary: 'Take kills back',
        tags,
        params: FlagParams,
        headers: RetryHeaders,
        body: RestoreRequest,
        response: { 200: KillReceipt, ...problems(400, 401, 403, 404, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const { project, flag } = request.params
      const { scopes, reason } = request.body
      return write(parts, request, reply, {
        project,
        action: 'flag.restore',
        reason,
        urgent: true,
        names: scopes && layersOf(flag, scopes),
        plan: (state) => planRestore(state, flag, scopes, request.principal.scope),
        answer: (outcome) => receipt(project, outcome),
      })
    },
  )

  app.post(
    '/:project/kill',
    {
      config: { rateLimit: false },
      schema: {
        operationId: 'killByTag',
        summary: 'Kill every flag with some tags, now',
        description:
          'For the hour when nobody knows which flag it is. Archived and permanent flags are left alone.',
        tags,
        params: ProjectParams,
        body: KillByTagRequest,
        response: { 200: KillReceipt, ...problems(400, 401, 403, 404, 422, 503) },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const { reason, ...selector } = request.body
      const { principal } = request
      return write(parts, request, reply, {
        project,
        action: 'flag.kill-by-tag',
        reason,
        urgent: true,
        isRepeatable: true,
        plan: (state) => {
          const targets = selectTargets(state, selector, principal.scope)
          return planKill(state, targets, killBy(principal, reason))
        },
        answer: (outcome) => receipt(project, outcome),
      })
    },
  )
}

function layersOf(flag: string, scopes: readonly string[]): string[] {
  return scopes.map((scope) => entityName({ kind: 'layer', key: layerKey(flag, scope) }))
}

function receipt(project: string, { version, change }: Outcome): z.infer<typeof KillReceipt> {
  const changed = (change?.edits ?? []).map(({ key }) => parseLayerKey(key))
  const propagation = `/api/v1/projects/${project}/propagation?seq=${version}`
  return { version, changed, propagation }
}
