import { matchesEtag } from '../http/if-none-match.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkServices } from '../services.ts'
import { bulkEtag } from './bulk-etag.ts'
import { createEvaluators, type SizedText } from './evaluator.ts'
import { createEventStreams, type EventStreams } from './event-streams.ts'
import { contextOf } from './request.ts'

/** A request to evaluate all flags. */
export interface BulkRequest {
  readonly target: RulesetTarget
  readonly keyId: string
  /** The parsed body. */
  readonly body: unknown
  /** `If-None-Match`, if the client may keep what it holds. */
  readonly held: string | undefined
}

/** Evaluates flags for requests, with the current ruleset of their target. */
export interface RemoteEvaluation {
  readonly streams: EventStreams
  /**
   * Evaluates one flag for a parsed body, as OFREP's JSON.
   * @throws {FlaghoistError} a code of `errors.ts`
   */
  one(target: RulesetTarget, key: string, body: unknown): string
  /**
   * Evaluates all flags. The body is undefined if the client holds it.
   * @throws {FlaghoistError} a code of `errors.ts`
   */
  all(request: BulkRequest): { readonly etag: string; readonly body: SizedText | undefined }
}

/** Path below which OFREP is served. */
export const OFREP_PATH = '/ofrep/v1'

export function createRemoteEvaluation(services: SdkServices): RemoteEvaluation {
  const { rulesets, now, telemetry } = services
  const streams = createEventStreams(services, `${OFREP_PATH}/stream`)
  const evaluatorOf = createEvaluators(now)
  const evaluations = telemetry.counter({
    name: 'flaghoist.evaluations',
    unit: '{evaluation}',
    description: 'Flags that the server evaluated over OFREP',
  })
  const evaluatedOne = evaluations.cell({ request: 'one' })
  const evaluatedAll = evaluations.cell({ request: 'all' })
  const evaluate = (target: RulesetTarget) => evaluatorOf(target, rulesets.current(target))
  return {
    streams,
    one(target, key, body) {
      const text = evaluate(target).one(key, contextOf(body))
      evaluatedOne.value += 1
      return text
    },
    all({ target, keyId, body, held }) {
      const context = contextOf(body)
      const evaluator = evaluate(target)
      const { published, readsClock } = evaluator
      const evaluateAll = () => {
        evaluatedAll.value += evaluator.size
        return evaluator.all(context)
      }
      const surroundings = streams.advertise({ target, keyId })
      const early = readsClock ? evaluateAll() : undefined
      const etag = bulkEtag({ published, context, surroundings, answers: early?.text })
      if (matchesEtag(held, etag)) return { etag, body: undefined }

      const flags = early ?? evaluateAll()
      const metadata = JSON.stringify({ flagSetId: target.scope })
      const rest = `],"eventStreams":${surroundings},"metadata":${metadata}}`
      const text = `{"flags":[${flags.text}${rest}`
      const bytes = '{"flags":['.length + flags.bytes + Buffer.byteLength(rest)
      return { etag, body: { text, bytes } }
    },
  }
}
