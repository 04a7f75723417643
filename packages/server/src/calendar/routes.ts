import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { problem } from '../errors.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { requireVisibleScope, scopeExists, scopeNotFound } from '../projects/not-found.ts'
import type { Services } from '../services.ts'
import { DAY_MS } from '../time.ts'
import { calendarOf } from './calendar.ts'
import type { Period } from './periods.ts'
import { Calendar, CalendarQuery, MAX_DAYS } from './schemas.ts'

const DEFAULT_DAYS = 30
/** The years of freezes. Time zones are not known further ahead anyway. */
const YEARS = { first: Date.UTC(2000, 0), end: Date.UTC(2100, 0) }

/** The freezes and the business hours of a scope, for calendars that people look at. */
export const calendarRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
) => {
  app.get(
    '/:project/calendar',
    {
      schema: {
        operationId: 'getCalendar',
        summary: 'Get the calendar of a scope',
        description: 'Returns the periods of its freezes and of its business hours.',
        tags: ['Freezes'],
        params: ProjectParams,
        querystring: CalendarQuery,
        response: { 200: Calendar.describe('Calendar of the scope') },
      },
    },
    async ({ params, query, principal }) => {
      const { state } = projects.get(params.project)
      requireVisibleScope(state, query.scope, principal.scope)
      if (!scopeExists(state, query.scope)) throw scopeNotFound(state, query.scope)
      return calendarOf(state, query.scope, timeOf(query, now()))
    },
  )
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for an empty time, or one that is too long */
function timeOf(query: z.infer<typeof CalendarQuery>, now: number): Period {
  const from = query.from === undefined ? now : Date.parse(query.from)
  const to = query.to === undefined ? from + DEFAULT_DAYS * DAY_MS : Date.parse(query.to)
  if (to <= from) throw problem('REQUEST_INVALID', { problem: '"to" must be later than "from".' })
  if (to - from > MAX_DAYS * DAY_MS)
    throw problem('REQUEST_INVALID', {
      problem: `"to" must be at most ${MAX_DAYS} days after "from".`,
    })
  if (from < YEARS.first || to > YEARS.end)
    throw problem('REQUEST_INVALID', { problem: 'A calendar covers the years 2000 to 2099.' })
  return { from, to }
}
