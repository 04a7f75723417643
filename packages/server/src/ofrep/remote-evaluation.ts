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

/** @param prefix path of the OFREP routes */
export function createRemoteEvaluation(services: SdkServices, prefix: string): RemoteEvaluation {
  const { rulesets, now } = services
  const streams = createEventStreams(services, `${prefix}/stream`)
  const evaluatorOf = createEvaluators(now)
  const evaluate = (target: RulesetTarget) => evaluatorOf(target, rulesets.current(target))
  return {
    streams,
    one: (target, key, body) => evaluate(target).one(key, contextOf(body)),
    all({ target, keyId, body, held }) {
      const context = contextOf(body)
      const evaluator = evaluate(target)
      const { published, readsClock } = evaluator
      const surroundings = streams.advertise({ target, keyId })
      const early = readsClock ? evaluator.all(context) : undefined
      const etag = bulkEtag({ published, context, surroundings, answers: early?.text })
      if (matchesEtag(held, etag)) return { etag, body: undefined }

      const flags = early ?? evaluator.all(context)
      const metadata = JSON.stringify({ flagSetId: target.scope })
      const rest = `],"eventStreams":${surroundings},"metadata":${metadata}}`
      const text = `{"flags":[${flags.text}${rest}`
      const bytes = '{"flags":['.length + flags.bytes + Buffer.byteLength(rest)
      return { etag, body: { text, bytes } }
    },
  }
}
