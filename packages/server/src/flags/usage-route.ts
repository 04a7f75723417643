import type { Flag } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isHeldBody } from '../http/body-etag.ts'
import { ConditionalHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { type SdkStatus, sum } from '../streams/propagation-report.ts'
import { SdkState, shownSdk } from '../streams/sdk-state.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { LastExposures, lastExposures } from './last-exposures.ts'

/** SDKs that are listed. */
const MAX_SDKS = 1_000

const FlagUsage = z.object({
  lastExposures: LastExposures,
  connected: z.int().meta({
    description: 'Number of connected SDKs that receive the flag, also those behind relays',
    example: 3,
  }),
  sdks: z.array(SdkState).meta({
    description: `SDKs that receive the flag, connected or offline for an hour at most; the first ${MAX_SDKS}, by scope and name`,
  }),
})

type FlagUsage = z.infer<typeof FlagUsage>

/** The use of a flag: the preview of its removal. */
export const usageRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, sharedPropagation, now } },
) => {
  app.get(
    '/:project/flags/:flag/usage',
    {
      schema: {
        operationId: 'getFlagUsage',
        summary: 'Get the SDKs of a flag and its last exposure in each scope',
        description:
          'Shows before an archival which deployments still evaluate the flag. The response of an archival has the same exposures. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Flags'],
        params: FlagParams,
        headers: ConditionalHeaders,
        response: {
          200: FlagUsage.describe('Use of the flag, with its digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params, headers, principal: { scope: within } }, reply) => {
      const { project } = params
      const { state } = projects.get(project)
      const flag = findFlag(state, params.flag)
      const { version } = state
      const { sdks } = await sharedPropagation.report({ project, version, within })
      const receiving = sdks.filter((sdk) => receives(sdk, flag)).sort(byScopeAndName)
      const usage: FlagUsage = {
        lastExposures: await lastExposures(stores.events, { ...params, within }, now()),
        connected: sum(receiving.map(({ counts }) => counts.connected)),
        sdks: receiving.slice(0, MAX_SDKS).map(shownSdk),
      }
      if (await isHeldBody(usage, headers, reply)) return reply.code(304).send(null)
      return usage
    },
  )
}

/** Checks that the ruleset of an SDK contains a flag. */
function receives({ audience }: SdkStatus, { clientVisible, archivedAt }: Flag): boolean {
  return archivedAt === undefined && (audience === 'server' || clientVisible)
}

function byScopeAndName(a: SdkStatus, b: SdkStatus): number {
  const nameOf = ({ scope, name, id }: SdkStatus) => `${scope} ${name} ${id}`
  return nameOf(a) < nameOf(b) ? -1 : 1
}
