import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { livenessRoute } from '../http/health.ts'
import type { FreeSpace } from '../stores/free-space.ts'
import type { ReportQueue } from './report-queue.ts'
import type { Relayed, Upstreams } from './upstreams.ts'

export interface RelayHealthOptions {
  readonly upstreams: Upstreams
  readonly queue: ReportQueue
  readonly freeSpace: FreeSpace
  /** Returns the number of open streams. */
  readonly streams: () => number
  readonly isClosing: () => boolean
}

const UpstreamState = z.object({
  key: z.string().meta({ description: 'First characters of its key', example: 'fh_server_4cW9' }),
  scope: z.string().optional().meta({ description: 'Scope of its ruleset' }),
  state: z.enum(['live', 'stale', 'refused']).meta({
    description:
      '`live` while the upstream is heard, `stale` while it is not, `refused` while it refuses the key or the scope',
  }),
  ageMs: z.int().optional().meta({ description: 'Time since the upstream was heard, ms' }),
  version: z.int().optional().meta({ description: 'Version of its ruleset' }),
  problem: z.string().optional().meta({ description: 'Reason why it is not live' }),
})

const RelayReadiness = z.object({
  ready: z.boolean().meta({ description: '`true` while the relay serves at least one ruleset' }),
  degraded: z.boolean().meta({ description: '`true` while a connection is not live' }),
  events: z.boolean().meta({ description: '`true` while exposures and outcomes are queued' }),
  queuedBytes: z.int().meta({ description: 'Reports that wait for the upstream, bytes' }),
  streams: z.int().meta({ description: 'Number of open streams' }),
  problem: z.string().optional().meta({ description: 'Reason why `degraded` is true' }),
  upstreams: z.array(UpstreamState).meta({ description: 'Connections to the upstream' }),
})

/** `/livez` and `/readyz` of a relay. It is ready as long as it serves, even from its disk. */
export const relayHealthRoutes: FastifyPluginAsyncZod<RelayHealthOptions> = async (
  app,
  { upstreams, queue, freeSpace, streams, isClosing },
) => {
  await app.register(livenessRoute)
  app.get(
    '/readyz',
    {
      schema: {
        tags: ['Health'],
        security: [],
        operationId: 'isReady',
        summary: 'Check that the relay serves flags',
        response: {
          200: RelayReadiness.describe('The relay serves flags'),
          503: RelayReadiness.describe('The relay has no ruleset, or is shutting down'),
        },
      },
    },
    async (_request, reply) => {
      const shown = upstreams.list().filter(isShown)
      const states = shown.map(stateOf)
      const isServing = shown.some(({ target, upstream }) => target && !upstream.refusal)
      const ready = isServing && !isClosing()
      const notLive = states.filter(({ state }) => state !== 'live')
      const problem = problemOf(notLive, states.length)
      const { isEnough } = await freeSpace.check()
      return reply.code(ready ? 200 : 503).send({
        ready,
        degraded: notLive.length > 0,
        events: isEnough,
        queuedBytes: queue.bytes,
        streams: streams(),
        ...(problem && { problem }),
        upstreams: states,
      })
    },
  )
}

/** A key that is not bound to a scope has no ruleset of its own. */
function isShown({ upstream }: Relayed): boolean {
  return upstream.refusal?.code !== 'SCOPE_REQUIRED'
}

function stateOf({ key, target, upstream }: Relayed): z.infer<typeof UpstreamState> {
  const { state, ageMs, problem } = upstream.status()
  return {
    key: key.name,
    state,
    ...(target && { scope: target.scope, version: upstream.published!.ruleset.version }),
    ...(ageMs !== undefined && { ageMs: Math.round(ageMs) }),
    ...(problem && { problem }),
  }
}

function problemOf(
  notLive: readonly z.infer<typeof UpstreamState>[],
  all: number,
): string | undefined {
  const [first] = notLive
  if (first === undefined) return undefined
  const reason = first.problem ?? 'It has not responded yet.'
  return `${notLive.length} of ${all} connections to the upstream are not live. ${reason}`
}
