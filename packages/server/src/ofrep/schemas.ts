import { z } from 'zod'
import { ScopeQuery } from '../rulesets/target.ts'

/** What OFREP 0.3 says, for the API description. Requests are judged by `request.ts`, in OFREP's own errors. */

export const EvaluationQuery = z.looseObject({
  ...ScopeQuery.shape,
  flagConfigEtag: z.string().optional().meta({
    description: 'The `etag` of the event that led to this request: nothing older is answered',
  }),
})

export const FlagParams = z.object({ key: z.string() })

export const StreamQuery = z.looseObject({
  token: z.string().meta({ description: 'From the URL that the evaluation named' }),
})

export const EvaluationRequest = z
  .looseObject({
    context: z
      .looseObject({ targetingKey: z.string().optional() })
      .optional()
      .meta({ description: 'Evaluation context: the targeting key, and any attributes' }),
  })
  .meta({ id: 'OfrepEvaluationRequest' })

const Evaluation = z
  .object({
    key: z.string(),
    value: z.json().meta({ description: 'Always there, also when the flag is off' }),
    reason: z.string().meta({ example: 'TARGETING_MATCH' }),
    variant: z.string(),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .meta({ id: 'OfrepEvaluation' })

const Failure = z
  .object({
    key: z.string().optional(),
    errorCode: z.string().meta({ example: 'FLAG_NOT_FOUND' }),
    errorDetails: z.string(),
  })
  .meta({ id: 'OfrepFailure' })

const EventStream = z.object({
  type: z.literal('sse'),
  url: z.string().optional(),
  endpoint: z.object({ requestUri: z.string() }).optional(),
  inactivityDelaySec: z.int(),
})

const BulkEvaluation = z
  .object({
    flags: z.array(z.union([Evaluation, Failure])),
    eventStreams: z.array(EventStream),
    metadata: z.object({ flagSetId: z.string() }),
  })
  .meta({ id: 'OfrepBulkEvaluation' })

const failures = {
  400: Failure.describe('The request or its context is not understood'),
  401: Failure.describe('No valid API key'),
  403: Failure.describe('The key may not do this'),
  404: Failure.describe('There is no such flag'),
  413: Failure.describe('The context is too large'),
  429: Failure.describe('Too many requests; `Retry-After` says how long to wait'),
  503: Failure.describe('Not now; `Retry-After` says when'),
}

export const SingleAnswers = { 200: Evaluation.describe('The answer'), ...failures }
export const BulkAnswers = {
  200: BulkEvaluation.describe('The answers for all flags, with an ETag'),
  304: z.null().describe('The answers are those that you have'),
  ...failures,
}
export const StreamAnswers = {
  200: z.string().describe('A stream of events (text/event-stream)'),
  401: failures[401],
  429: failures[429],
  503: failures[503],
}
