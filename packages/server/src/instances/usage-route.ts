import { environmentOf, instanceOf } from '@flaghoist/core/model'
import { Instance, Key } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { getOrSet } from '../get-or-set.ts'
import { isHeldBody } from '../http/body-etag.ts'
import { PageQuery, page, paginate } from '../http/pagination.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import { isVisibleEntity, visibleEnvironments } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import { type SdkStatus, sum } from '../streams/propagation-report.ts'
import { instanceStates, WAITING } from './instance-states.ts'

const InstanceUsage = Instance.extend({
  environments: z
    .array(Key)
    .meta({ description: 'Environments with connected SDKs', example: ['production'] }),
  connected: z.int().meta({ description: 'Number of connected SDKs', example: 3 }),
  versions: z
    .array(z.int())
    .meta({ description: 'Versions that they have confirmed, oldest first', example: [812] }),
  overrides: z
    .int()
    .meta({ description: 'Number of layers of the instance in live flags', example: 4 }),
  waiting: z
    .array(
      z.object({
        state: z.enum(WAITING).meta({ description: 'State of a flag', example: 'held' }),
        count: z.int().meta({ description: 'Number of flags and environments', example: 2 }),
      }),
    )
    .meta({ description: 'States of live flags that wait for a person, worst first' }),
}).meta({ id: 'InstanceUsage', description: 'Instance, its connected SDKs and its flags' })

/** The instances as a list shows them, with what runs in them. */
export const instanceUsageRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, sharedPropagation } },
) => {
  app.get(
    '/:project/instance-usage',
    {
      schema: {
        operationId: 'listInstanceUsage',
        summary: 'List instances with their connected SDKs and the states of their flags',
        description:
          'Counts the layers of each instance, and its flags that a rollout or a kill has stopped. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Instances'],
        params: ProjectParams,
        querystring: PageQuery,
        headers: ConditionalHeaders,
        response: {
          200: page(InstanceUsage, 'Instances in order of their keys, with their digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params: { project }, query, headers, principal: { scope: within } }, reply) => {
      const { state } = projects.get(project)
      const found = [...state.instances.values()]
        .filter(({ key }) => isVisibleEntity(state, { kind: 'instance', key }, within))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      const { items, ...rest } = paginate(found, query, ({ key }) => key)
      const { version } = state
      const { sdks } = await sharedPropagation.report({ project, version, within })
      const connected = new Map<string | undefined, SdkStatus[]>()
      for (const sdk of sdks)
        if (sdk.offlineSince === undefined)
          getOrSet(connected, instanceOf(sdk.scope), () => []).push(sdk)
      const states = await instanceStates(state, {
        instances: items.map(({ key }) => key),
        environments: visibleEnvironments(state, within),
      })
      const shown = items.map((instance, i) => {
        const { overrides, waiting } = states[i]!
        return {
          ...instance,
          ...sdksOf(connected.get(instance.key) ?? []),
          overrides,
          waiting: WAITING.flatMap((one) => {
            const count = waiting.get(one)
            return count === undefined ? [] : [{ state: one, count }]
          }),
        }
      })
      const body = { items: shown, ...rest }
      if (await isHeldBody(body, headers, reply)) return reply.code(304).send(null)
      return body
    },
  )
}

function sdksOf(sdks: readonly SdkStatus[]) {
  const versions = new Set(sdks.flatMap(({ version }) => version ?? []))
  return {
    environments: [...new Set(sdks.map(({ scope }) => environmentOf(scope)!))].sort(),
    // A relay counts as the SDKs behind it.
    connected: sum(sdks.map(({ counts }) => counts.connected)),
    versions: [...versions].sort((a, b) => a - b),
  }
}
