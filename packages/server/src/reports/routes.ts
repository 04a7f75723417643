import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { problem } from '../errors.ts'
import { requireUnbound } from '../http/auth.ts'
import { jsonOrMarkdown, MARKDOWN, wantsMarkdown } from '../http/markdown.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { entityNotFound } from '../projects/not-found.ts'
import { findRollout } from '../rollouts/find-rollout.ts'
import type { Services } from '../services.ts'
import { DAY_MS } from '../time.ts'
import { readReport } from './read-report.ts'
import { reportMarkdown } from './report-markdown.ts'
import { Report, ReportQuery } from './schemas.ts'

const MAX_DAYS = 31

/** Reports for people: the events of a period, and the open tasks. */
export const reportRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.get(
    '/:project/report',
    {
      schema: {
        operationId: 'getReport',
        summary: 'Get the report of the last 24 hours',
        description:
          'Changes, kills, decisions about rollouts, verdicts, overridden freezes, open quarantines and flags due for removal. `Accept: text/markdown` returns one page for people.',
        tags: ['Reports'],
        params: ProjectParams,
        querystring: ReportQuery,
        response: { 200: jsonOrMarkdown(Report, 'Report of the project') },
      },
      // The report is about all instances and their people.
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async (request, reply) => {
      const { instance, rollout, since } = request.query
      const project = services.projects.get(request.params.project)
      const { state } = project
      if (instance !== undefined && !state.instances.has(instance))
        throw entityNotFound('instance', instance, state.instances.keys())
      if (rollout !== undefined) findRollout(state, rollout)
      const to = services.now()
      const target = { instance, rollout, since: startOf(since, to), to }
      const report = await readReport(services, project, target)
      if (!wantsMarkdown(request)) return report
      reply.type(`${MARKDOWN}; charset=utf-8`)
      return reportMarkdown(report)
    },
  )
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for a time in the future, or too long ago */
function startOf(since: string | undefined, now: number): number {
  const start = since === undefined ? now - DAY_MS : Date.parse(since)
  if (start >= now || start < now - MAX_DAYS * DAY_MS)
    throw problem('REQUEST_INVALID', {
      problem: `"since" must be within the last ${MAX_DAYS} days.`,
    })
  return start
}
