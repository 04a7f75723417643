import { z } from 'zod'
import { eventStream } from '../http/event-stream.ts'
import { ScopeQuery } from '../rulesets/target.ts'

// The schemas describe OFREP 0.3 in the API reference. `request.ts` validates requests itself,
// because failureResponses must have OFREP's own format.

export const EvaluationQuery = z.looseObject({
  ...ScopeQuery.shape,
  flagConfigEtag: z.string().optional().meta({
    description: '`etag` of the stream event that caused the request; no older version is used',
  }),
})

export const EvaluationParams = z.object({
  key: z.string().meta({ description: 'Key of the flag', example: 'new-checkout' }),
})

export const StreamQuery = z.looseObject({
  token: z.string().meta({ description: 'Token of the URL in `eventStreams`' }),
})

export const EvaluationRequest = z
  .looseObject({
    context: z
      .looseObject({
        targetingKey: z
          .string()
          .optional()
          .meta({ description: 'Id of the subject', example: 'ada' }),
      })
      .optional()
      .meta({ description: 'Evaluation context: the targeting key and any attributes' }),
  })
  .meta({
    id: 'OfrepEvaluationRequest',
    description: 'Context of an evaluation',
    example: { context: { targetingKey: 'ada', plan: 'pro' } },
  })

const Evaluation = z
  .object({
    key: z.string().meta({ description: 'Key of the flag', example: 'new-checkout' }),
    value: z.json().optional().meta({
      description: "Value of the variant; absent for the caller's fallback",
    }),
    reason: z.string().meta({ description: 'Reason of the value', example: 'TARGETING_MATCH' }),
    variant: z.string().optional().meta({
      description: "Key of the variant; absent for the caller's fallback",
      example: 'on',
    }),
    metadata: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .meta({ description: 'Flag metadata, such as the detail of the reason' }),
  })
  .meta({ id: 'OfrepEvaluation', description: 'Evaluation of one flag' })

const Failure = z
  .object({
    key: z.string().optional().meta({ description: 'Key of the flag', example: 'new-checkout' }),
    errorCode: z.string().meta({ description: 'OFREP error code', example: 'FLAG_NOT_FOUND' }),
    errorDetails: z.string().meta({
      description: 'Description of the failure, with a hint',
      example: 'There is no flag "new-checkout" in production/acme for this key.',
    }),
  })
  .meta({ id: 'OfrepFailure', description: 'Failed evaluation, in the format of OFREP' })

const EventStream = z.object({
  type: z.literal('sse').meta({ description: 'Type of the stream: server-sent events' }),
  url: z.string().optional().meta({
    description: 'URL, if the server knows its public URL',
    example: 'https://flags.example.com/ofrep/v1/stream?token=…',
  }),
  endpoint: z
    .object({
      requestUri: z
        .string()
        .meta({ description: 'Path and query of the stream', example: '/ofrep/v1/stream?token=…' }),
    })
    .optional()
    .meta({ description: 'URL relative to the server' }),
  inactivityDelaySec: z
    .int()
    .meta({ description: 'Seconds after which a hidden page may disconnect', example: 120 }),
})

const BulkEvaluation = z
  .object({
    flags: z.array(z.union([Evaluation, Failure])).meta({
      description:
        "Evaluation of each flag that has a value; a broken flag is a failure, and the caller's fallback is left out",
    }),
    eventStreams: z
      .array(EventStream)
      .meta({ description: 'Streams that announce when to evaluate again' }),
    metadata: z
      .object({
        flagSetId: z
          .string()
          .meta({ description: 'Scope of the evaluation', example: 'production/acme' }),
      })
      .meta({ description: 'Metadata of the flag set' }),
  })
  .meta({ id: 'OfrepBulkEvaluation', description: 'Evaluation of all flags of a scope' })

const failureResponses = {
  400: Failure.describe('Invalid request or context'),
  401: Failure.describe('No valid API key'),
  403: Failure.describe('Not permitted for this key'),
  404: Failure.describe('Flag not found'),
  413: Failure.describe('Context too large'),
  415: Failure.describe('Unsupported content type or encoding'),
  429: Failure.describe('Too many requests; `Retry-After` holds the delay in seconds'),
  503: Failure.describe('Temporarily unavailable; `Retry-After` holds the delay in seconds'),
}

export const SingleResponses = {
  200: Evaluation.describe('Evaluation of the flag'),
  ...failureResponses,
}
export const BulkResponses = {
  200: BulkEvaluation.describe('Evaluation of all flags, with its ETag'),
  304: z.null().describe('Not modified'),
  ...failureResponses,
}
export const StreamResponses = {
  200: eventStream,
  401: failureResponses[401],
  429: failureResponses[429],
  503: failureResponses[503],
}
