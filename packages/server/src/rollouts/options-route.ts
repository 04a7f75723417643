import { isFlaghoistError } from '@flaghoist/core'
import { plansOf } from '@flaghoist/core/model'
import { Key, strict } from '@flaghoist/core/schema'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { findFlag } from '../flags/find-flag.ts'
import { FlagParams } from '../flags/flag-params.ts'
import { requireUnbound } from '../http/auth.ts'
import { tryWrite } from '../http/commit-and-reply.ts'
import { Problem, problemBody } from '../http/problem.ts'
import { mostImportantEnvironment, visibleColumns } from '../matrix/columns.ts'
import { authorName } from '../projects/author-name.ts'
import { Origin } from '../resources/origin.ts'
import type { Services } from '../services.ts'
import { plannedRollout } from './planned-rollout.ts'
import { originOfPlan } from './plans/plan-use.ts'
import { RolloutInput, ShownRollout } from './schemas.ts'
import { describeRollout, startRollout } from './start-rollout.ts'

const { from, to } = RolloutInput.shape

const OptionsQuery = strict({
  environment: Key.optional().meta({
    description:
      'Key of the environment; by default the first protected environment, or the last environment if none is protected',
    example: 'production',
  }),
  plan: Key.default('standard').meta({ description: 'Key of the plan', example: 'standard' }),
  from,
  to,
})

const RolloutOptions = z
  .object({
    plans: z
      .array(
        z.object({
          key: Key.meta({ description: 'Key of the plan', example: 'standard' }),
          name: z.string().meta({ description: 'Name of the plan', example: 'Standard' }),
          origin: Origin,
        }),
      )
      .meta({ description: 'Plans that the rollout can have, in order of their keys' }),
    variants: z
      .array(Key)
      .meta({ description: 'Keys of the variants of the flag', example: ['off', 'on'] }),
    environment: Key.optional().meta({
      description: 'Key of the environment; absent in a project without any',
      example: 'production',
    }),
    rollout: ShownRollout.optional().meta({
      description:
        'Rollout as it would start, with its waves and earliest times; absent if it is refused',
    }),
    version: z.int().optional().meta({
      description:
        'Version that the start names, between double quotes, in `If-Match`; absent if it is refused',
      example: 0,
    }),
    needsReason: z.boolean().optional().meta({
      description:
        'True if a protected environment demands a reason of the start; absent if it is refused',
      example: false,
    }),
    refusal: Problem.optional().meta({
      description: 'Problem with which the start would be refused; absent if it is possible',
    }),
  })
  .meta({ id: 'RolloutOptions', description: 'Choices of a rollout, and its start' })

type RolloutOptions = z.infer<typeof RolloutOptions>

/** All that people choose from before they start a rollout. */
export const rolloutOptionsRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.get(
    '/:project/flags/:flag/rollout-options',
    {
      schema: {
        operationId: 'getRolloutOptions',
        summary: 'Get the choices of a rollout of a flag, and its start',
        description:
          'Combines the plans, the variants of the flag, and the rollout as it would start, as a start with `dryRun` shows it. Nothing is stored.',
        tags: ['Rollouts'],
        params: FlagParams,
        querystring: OptionsQuery,
        response: { 200: RolloutOptions.describe('Choices of the rollout') },
      },
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async (request) => {
      const { params, query } = request
      const { state } = services.projects.get(params.project)
      const flag = findFlag(state, params.flag)
      const environment =
        query.environment ?? mostImportantEnvironment(state, visibleColumns(state, undefined))
      return {
        plans: [...plansOf(state).values()]
          .map(({ key, name }) => ({ key, name, origin: originOfPlan(state, key) }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
        variants: flag.variants.map(({ key }) => key),
        ...(environment !== undefined && {
          environment,
          ...(await startOf(services, request, { ...query, flag: flag.key, environment })),
        }),
      }
    },
  )
}

/** Shows a rollout as it would start, or the reason for which it cannot. */
async function startOf(
  services: Services,
  request: FastifyRequest,
  input: RolloutInput,
): Promise<Pick<RolloutOptions, 'rollout' | 'version' | 'needsReason' | 'refusal'>> {
  const { project } = request.params as z.infer<typeof FlagParams>
  const { projects, now } = services
  const origin = { by: authorName(request.principal), at: new Date(now()).toISOString() }
  try {
    const { key } = describeRollout(projects.get(project).state, input, origin)
    const write = startRollout(project, { ...input, key }, origin)
    const { state, version, needsReason } = await tryWrite(projects, request, write)
    const rollout = await plannedRollout(services, { project, key, state })
    return { rollout, version, needsReason }
  } catch (error) {
    // A store that fails refuses no start.
    if (!isFlaghoistError(error) || error.status >= 500) throw error
    return { refusal: problemBody(error, request.id) }
  }
}
