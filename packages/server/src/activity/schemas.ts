import { Actor, Instant, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ProjectScopes } from '../scopes/schemas.ts'

const version = z.int().meta({ description: 'Version of the project', example: 812 })

/** A change of the project, as the key may see it. */
export const ActivityChange = z
  .object({
    version,
    at: Instant.meta({ description: 'Instant of the change, ISO 8601 in UTC' }),
    action: z.string().meta({ description: 'Action of the change', example: 'flag.kill' }),
    actor: Actor.meta({ description: 'Author of the change' }),
    reason: z.string().optional().meta({ description: 'Reason that its author gave' }),
    flags: z
      .array(z.string())
      .meta({ description: 'Flags that are edited, or whose rollouts are, at most 200' }),
    scopes: z.array(Scope).meta({ description: 'Scopes of the edited layers, at most 200' }),
    entities: z.array(z.string()).meta({
      description: 'Edited entities as `kind:key`, at most 200',
      example: ['flag:search'],
    }),
    isCut: z
      .literal(true)
      .optional()
      .meta({ description: 'Present if one of the lists has more than 200 entries' }),
  })
  .meta({ id: 'ActivityChange', description: 'Change of a project, as the key may see it' })

/** The propagation of a version, sent until every connected SDK holds it. */
export const ActivityPropagation = z
  .object({
    version,
    connected: z.int().meta({ description: 'Number of connected SDKs', example: 41 }),
    confirmed: z
      .int()
      .meta({ description: 'Number of connected SDKs that hold the version', example: 40 }),
    maxMs: z
      .number()
      .optional()
      .meta({ description: 'Longest time to confirmation, ms', example: 80.4 }),
    laggards: z
      .array(
        z.object({
          id: z.string().meta({ description: 'Random id of one SDK object' }),
          name: z.string().meta({ description: 'Name and version of the SDK' }),
          scope: Scope.meta({ description: 'Scope in which the SDK evaluates' }),
          version: z.int().optional().meta({ description: 'Version that it last confirmed' }),
        }),
      )
      .meta({ description: 'Connected SDKs that do not hold the version yet, at most 20' }),
    isComplete: z.boolean().meta({
      description: 'True in the last event of a version: every connected SDK holds it',
    }),
  })
  .meta({
    id: 'ActivityPropagation',
    description: 'Propagation of a version to the connected SDKs',
  })

/** The state of a run after a decision. */
export const ActivityVerdict = z
  .object({
    version,
    rollout: z.string().meta({ description: 'Key of the rollout', example: 'new-checkout' }),
    flag: z.string().optional().meta({ description: 'Flag of the rollout' }),
    scope: Scope.meta({ description: 'Scope of the run', example: 'production/acme' }),
    state: z.string().meta({ description: 'State of the run', example: 'exposing' }),
    text: z.string().optional().meta({ description: 'Reason of the decision, as a sentence' }),
  })
  .meta({ id: 'ActivityVerdict', description: 'State of a run after a decision' })

/** The numbers of connected SDKs. */
export const ActivityConnections = z
  .object({
    connected: z.int().meta({ description: 'Number of connected SDKs in all scopes', example: 41 }),
    scopes: z.record(z.string(), z.int()).meta({
      description: 'Number of connected SDKs by scope; only the scopes whose number has changed',
      example: { 'production/acme': 3 },
    }),
    isWhole: z.boolean().meta({
      description: 'True if `scopes` lists all scopes with SDKs, as in the first event of a stream',
    }),
  })
  .meta({ id: 'ActivityConnections', description: 'Numbers of connected SDKs' })

/** The position of a stream in the log. */
export const ActivityPosition = z
  .object({
    version,
    epoch: z
      .string()
      .meta({ description: 'Identity of the log; a log with another epoch holds other changes' }),
  })
  .meta({ id: 'ActivityPosition', description: 'Position of a stream in the log' })

const eventOf = <T extends z.ZodType>(event: string, data: T, description: string) =>
  z
    .object({
      event: z.literal(event).meta({ description: 'Name of the event' }),
      data: data.meta({ description: 'Content of the event' }),
    })
    .describe(description)

/** The response of the route: one event stream. */
export const ActivityStream = {
  description: 'Event stream; `data` is JSON',
  content: {
    'text/event-stream': {
      schema: z.union([
        eventOf('change', ActivityChange, 'A change; its version is the id of the event'),
        eventOf(
          'propagation',
          ActivityPropagation,
          'Progress of a version, 5 times a second at most',
        ),
        eventOf('verdict', ActivityVerdict, 'A decision about a run'),
        eventOf('connections', ActivityConnections, 'Connected SDKs, once a second at most'),
        eventOf(
          'scopes',
          ProjectScopes,
          'The environments and instances, at the start and after each change of one',
        ),
        eventOf('heartbeat', ActivityPosition, 'The position of the stream, also as its id'),
        eventOf('reset', ActivityPosition, 'Too many changes were missed; load everything again'),
      ]),
    },
  },
}

/** The query of the stream. */
export const ActivityQuery = strict({
  since: z.coerce.number().int().min(0).optional().meta({
    description: 'Version of the data that the client holds; `Last-Event-ID` takes precedence',
    example: 812,
  }),
})
