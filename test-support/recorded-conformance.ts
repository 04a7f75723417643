import {
  bucketOf,
  hashIdentifier,
  isFlaghoistError,
  prepare,
  type ResolutionDetails,
  type Ruleset,
} from '../packages/core/src/index.ts'
import { createDigester, isSampled, murmur3 } from '../packages/core/src/internal.ts'
import type { ConformanceAdapter, Question } from './conformance.ts'

/** A question of the conformance cases, and its result without texts, which may differ. */
export interface Asked {
  readonly ruleset: Ruleset
  readonly question: Question
  readonly details: Omit<ResolutionDetails, 'errorMessage'>
}

/** An adapter that records every question, to ask it again in a runtime without the cases. */
export function recordingAdapter(
  ask: (ruleset: Ruleset, question: Question) => ResolutionDetails,
): { readonly adapter: ConformanceAdapter; readonly asked: readonly Asked[] } {
  const asked: Asked[] = []
  const adapter: ConformanceAdapter = {
    murmur3,
    bucketOf,
    hashIdentifier,
    isSampled,
    evaluate(ruleset, question) {
      const { errorMessage: _, ...details } = ask(ruleset, question)
      asked.push({ ruleset, question, details })
      return details
    },
    patch(ruleset, change) {
      try {
        return prepare(ruleset).patched(change).ruleset
      } catch (error) {
        if (isFlaghoistError(error) && error.code === 'PATCH_MISMATCH') return undefined
        throw error
      }
    },
    digest: (ruleset) => createDigester()(ruleset),
  }
  return { adapter, asked }
}
