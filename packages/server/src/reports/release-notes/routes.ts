import { buildScope, type ProjectState } from '@flaghoist/core/model'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { problem } from '../../errors.ts'
import { jsonOrMarkdown, MARKDOWN, wantsMarkdown } from '../../http/markdown.ts'
import { requireQueryScope, scopeExists, scopeNotFound } from '../../projects/not-found.ts'
import type { Services } from '../../services.ts'
import { DAY_MS } from '../../time.ts'
import { notesMarkdown } from './markdown.ts'
import { readPeriod } from './read-notes.ts'
import { notesOf } from './release-notes.ts'
import { NotesParams, NotesQuery, ReleaseNotes } from './schemas.ts'

const DEFAULT_DAYS = 30

/** Release notes of an instance, for its customer. */
export const releaseNotesRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/instances/:instance/release-notes',
    {
      schema: {
        operationId: 'getReleaseNotes',
        summary: 'Get the release notes of an instance',
        description:
          'Compares both ends of a period, so that a feature that was released and rolled back in between is left out. Contains descriptions of flags, and no keys, reasons or names of people. `Accept: text/markdown` returns a page.',
        tags: ['Reports'],
        params: NotesParams,
        querystring: NotesQuery,
        response: { 200: jsonOrMarkdown(ReleaseNotes, 'Release notes of the instance') },
      },
    },
    async (request, reply) => {
      const { params, query, principal } = request
      const project = projects.get(params.project)
      const { state } = project
      const environment = query.environment ?? onlyEnvironment(state)
      const scope = buildScope(environment, params.instance)
      requireQueryScope(state, scope, principal.scope)
      if (!scopeExists(state, scope)) throw scopeNotFound(state, scope)
      const { from, to } = periodOf(query, now())
      const notes = {
        instance: state.instances.get(params.instance)!.name,
        environment: state.environments.get(environment)!.name,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        ...notesOf(await readPeriod(stores.log, project, { scope, from, to })),
      }
      if (!wantsMarkdown(request)) return notes
      reply.type(`${MARKDOWN}; charset=utf-8`)
      return notesMarkdown(notes)
    },
  )
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for a project with several environments */
function onlyEnvironment({ environments }: ProjectState): string {
  const [only, ...others] = environments.keys()
  if (only !== undefined && others.length === 0) return only
  throw problem('REQUEST_INVALID', {
    problem: 'The project has several environments. Add "environment".',
  })
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for an empty period */
function periodOf(query: { from?: string | undefined; to?: string | undefined }, now: number) {
  const to = query.to === undefined ? now : Date.parse(query.to)
  const from = query.from === undefined ? to - DEFAULT_DAYS * DAY_MS : Date.parse(query.from)
  if (to <= from) throw problem('REQUEST_INVALID', { problem: '"to" must be later than "from".' })
  return { from, to }
}
