import type { FlaghoistError } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { FreeSpace } from '../stores/free-space.ts'
import type { DirectRoute } from './direct-routes.ts'
import { JSON_TYPE } from './json-type.ts'

/** Sends the response of `/livez` without the router. */
export const directLiveness: DirectRoute = ({ method, url }, response, send) => {
  if (url !== '/livez' || method !== 'GET') return false
  const headers = { 'content-type': JSON_TYPE }
  send(url, response, { status: 200, headers, body: ALIVE })
  return true
}

const ALIVE = JSON.stringify({ alive: true })

export interface HealthOptions {
  /** Rejects when changes cannot be stored. */
  readonly checkStores: () => Promise<void>
  /** The free space of the disk. */
  readonly freeSpace: FreeSpace
  /** Projects that are not served, with the error of each. */
  readonly damaged: ReadonlyMap<string, FlaghoistError>
  /** Returns false if there are projects, but none that can be served. */
  readonly servesProjects: () => boolean
  /** Returns the number of open streams. */
  readonly streams: () => number
  /** Returns true once the server has prepared its store. */
  readonly isPrepared: () => boolean
  readonly isClosing: () => boolean
}

const Readiness = z.object({
  ready: z.boolean().meta({ description: '`true` while the server serves flags' }),
  writable: z.boolean().meta({ description: '`true` while changes can be stored' }),
  events: z.boolean().meta({
    description:
      '`true` while exposures and outcomes are stored; `false` while the disk is short of space',
  }),
  freeBytes: z.int().optional().meta({
    description: 'Free space of the disk of the data folder, bytes; absent without a disk',
    example: 42_949_672_960,
  }),
  streams: z.int().meta({ description: 'Number of open streams', example: 3 }),
  problem: z.string().optional().meta({
    description: 'Reason why `ready` or `writable` is false',
    example: 'The server is shutting down.',
  }),
  damaged: z
    .array(
      z.object({
        project: z.string().meta({ description: 'Key of the project', example: 'shop' }),
        problem: z.string().meta({
          description: 'Damage of its log',
          example: 'The log of project "shop" is damaged at change 3: it is not JSON.',
        }),
      }),
    )
    .optional()
    .meta({ description: 'Projects whose logs are damaged; absent without any' }),
})

/** The schema of routes that need no key. */
const OPEN = { tags: ['Health'], security: [] }

/** `/livez`: the process responds. */
export const livenessRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/livez',
    {
      schema: {
        ...OPEN,
        operationId: 'isAlive',
        summary: 'Check that the process is alive',
        response: {
          200: z
            .object({ alive: z.boolean().meta({ description: 'Always `true`' }) })
            .describe('The process is alive'),
        },
      },
    },
    async () => ({ alive: true }),
  )
}

/**
 * `/livez`: the process responds. `/readyz`: the server serves flags. A store that cannot be
 * written to is reported, but does not take the server out of rotation: SDKs still receive their
 * flags.
 */
export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (
  app,
  { checkStores, freeSpace, damaged, servesProjects, streams, isPrepared, isClosing },
) => {
  /** Reason why flags are not served; undefined while they are. */
  const phaseOf = () => {
    if (isClosing()) return 'The server is shutting down.'
    if (!isPrepared()) return 'The server is starting.'
    return servesProjects() ? undefined : 'The log of every project is damaged.'
  }
  const damages = () =>
    [...damaged].map(([project, { message }]) => ({ project, problem: message }))

  await app.register(livenessRoute)
  app.get(
    '/readyz',
    {
      schema: {
        ...OPEN,
        operationId: 'isReady',
        summary: 'Check that the server serves flags',
        response: {
          200: Readiness.describe('The server serves flags; `writable` covers changes'),
          503: Readiness.describe(
            'No flags are served: the server starts or stops, or every log is damaged',
          ),
        },
      },
    },
    async (_request, reply) => {
      const phase = phaseOf()
      const ready = phase === undefined
      const problem = phase ?? (await problemOf(checkStores))
      const { bytes, isEnough } = await freeSpace.check()
      return reply.code(ready ? 200 : 503).send({
        ready,
        writable: problem === undefined,
        events: isEnough && problem === undefined,
        ...(bytes !== undefined && { freeBytes: bytes }),
        streams: streams(),
        ...(problem && { problem }),
        ...(damaged.size > 0 && { damaged: damages() }),
      })
    },
  )
}

async function problemOf(check: () => Promise<void>): Promise<string | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
