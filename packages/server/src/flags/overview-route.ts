import { environmentOf } from '@flaghoist/core/model'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isHeldBody } from '../http/body-etag.ts'
import type { Principal } from '../http/principal.ts'
import { ConditionalHeaders } from '../http/request-schemas.ts'
import { mostImportantEnvironment, visibleColumns } from '../matrix/columns.ts'
import { makeMatrix } from '../matrix/make-matrix.ts'
import { readFlagQuery } from '../matrix/read-query.ts'
import { versionOf } from '../projects/checks.ts'
import { scopeExists, scopeNotFound } from '../projects/not-found.ts'
import type { LiveProject } from '../projects/projects.ts'
import { isVisible } from '../projects/visibility.ts'
import { shownRollout } from '../rollouts/rollout-view.ts'
import type { Services } from '../services.ts'
import { cellOverview } from './cell-overview.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { layerName, layerNotFound } from './layers/find-layer.ts'
import { resolvedIn } from './layers/resolved.ts'
import { FlagOverview, OverviewQuery } from './overview-schemas.ts'
import { shownFlag } from './shown-flag.ts'

const EVERYWHERE = '*'

/** All that people look at before they change a flag. */
export const overviewRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, stores, now } = services
  app.get(
    '/:project/flags/:flag/overview',
    {
      schema: {
        operationId: 'getFlagOverview',
        summary: 'Get a flag with its states in every scope and its settings in one',
        description:
          'Combines the flag and its layers, its cells of the matrix, the resolved configuration of a scope with the version of its layer, and the rollouts in progress there. `cell=true` adds who set each layer, the connected SDKs and the exposures of the scope. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Flags'],
        params: FlagParams,
        querystring: OverviewQuery,
        headers: ConditionalHeaders,
        response: {
          200: FlagOverview.describe('Overview of the flag, with its digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params, query, headers, principal }, reply) => {
      const project = projects.get(params.project)
      const { state } = project
      const flag = findFlag(state, params.flag)
      const scope = query.scope ?? defaultScope(project, principal)
      if (!isVisible(scope, principal.scope)) throw layerNotFound({ flag: flag.key, scope })
      if (!scopeExists(state, scope)) throw scopeNotFound(state, scope)
      const asked = { query: `flag:"${flag.key}"`, principal, now: now() }
      const read = await readFlagQuery(stores, project, asked)
      const overview: FlagOverview = {
        flag: shownFlag(flag, { scope: principal.scope, now: now() }),
        matrix: await makeMatrix(stores.log, project, {
          ...read,
          bound: principal.scope,
          page: { limit: 1 },
        }),
        scope,
        version: versionOf(state, [layerName({ flag: flag.key, scope })]),
        resolved: resolvedIn(state, { flag: flag.key, scope }),
        // A rollout may name the instances of others.
        rollouts:
          principal.scope === undefined ? await runningIn(services, project, flag.key, scope) : [],
        ...(query.cell && {
          cell: await cellOverview(services, project, { flag, scope, principal }),
        }),
      }
      if (await isHeldBody(overview, headers, reply)) return reply.code(304).send(null)
      return overview
    },
  )
}

/** Returns the environment that matters most to a key; all scopes in a project without any. */
function defaultScope({ state }: LiveProject, { scope: bound }: Principal): string {
  return mostImportantEnvironment(state, visibleColumns(state, bound)) ?? EVERYWHERE
}

/** Returns the rollouts of a flag that are in progress where a scope is served. */
async function runningIn(
  { rollouts }: Pick<Services, 'rollouts'>,
  project: LiveProject,
  flag: string,
  scope: string,
): Promise<FlagOverview['rollouts']> {
  const { state } = project
  const running = [...state.rollouts.values()].filter(
    (rollout) =>
      rollout.flag === flag &&
      rollout.endedAt === undefined &&
      (scope === EVERYWHERE || environmentOf(scope) === rollout.environment),
  )
  return Promise.all(
    running.map(async (rollout) => {
      const input = await rollouts.inputOf(project, rollout)
      const { runs } = shownRollout(state, rollout, input, undefined)
      const run = runs.find((one) => one.scope === scope)
      const { key, environment } = rollout
      return { key, environment, ...(run && { state: run.state }) }
    }),
  )
}
