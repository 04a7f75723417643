import type { FastifyInstance } from 'fastify'
import { getOrSet } from '../get-or-set.ts'
import type { Cell } from './instruments.ts'
import { DURATIONS, type Telemetry } from './telemetry.ts'

/** Counts a response of a route, such as `/api/v1/projects/:project`. */
export type CountRequest = (method: string, route: string, status: number) => void

/** Counts responses by method, route and status. A known combination costs three look-ups. */
export function createRequestCounts(telemetry: Telemetry): CountRequest {
  const counter = telemetry.counter({
    name: 'flaghoist.requests',
    unit: '{request}',
    description: 'Responses by method, route and status; without streams',
  })
  const routes = new Map<string, Map<string, Map<number, Cell>>>()
  return (method, route, status) => {
    const methods = getOrSet(routes, route, () => new Map())
    const statuses = getOrSet(methods, method, () => new Map())
    const make = () => counter.cell({ method, route, status: String(status) })
    getOrSet(statuses, status, make).value += 1
  }
}

/** The parts of the API whose durations are measured apart. */
const AREAS = { '/api': 'admin', '/sdk': 'sdk', '/ofrep': 'ofrep' } as const

/** Counts and times the responses of the router. The hub counts streams. */
export function observeRouter(
  app: FastifyInstance,
  telemetry: Telemetry,
  count: CountRequest,
): void {
  const durations = telemetry.histogram(
    {
      name: 'flaghoist.request.duration',
      unit: 's',
      description: 'Duration of requests that the router answers, without streams',
    },
    DURATIONS,
  )
  const areas = Object.entries(AREAS).map(([prefix, area]) => ({
    prefix,
    record: durations.recorder({ area }),
  }))
  const recordOther = durations.recorder({ area: 'other' })

  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.config.isStream && reply.statusCode === 200) return
    // A path without a route could hold any text.
    const route = request.routeOptions.url ?? 'none'
    count(request.method, route, reply.statusCode)
    const area = areas.find(({ prefix }) => route.startsWith(prefix))
    const record = area?.record ?? recordOther
    record(reply.elapsedTime / 1_000)
  })
}
