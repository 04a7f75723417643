import { hash } from 'node:crypto'
import type { EvaluationContext } from '@flaghoist/core'
import { canonicalJson } from '@flaghoist/core/internal'
import type { PublishedRuleset } from '../rulesets/rulesets.ts'

/** The parts of a bulk response that its ETag covers. */
export interface BulkResponse {
  readonly published: PublishedRuleset
  readonly context: EvaluationContext
  /** The members of the response besides the flags. */
  readonly surroundings: string
  /** The evaluations, if the ruleset and the context do not determine them. */
  readonly answers?: string | undefined
}

/**
 * The ETag of a bulk response. It covers the ruleset, its scope, and the context in canonical form:
 * without the context, a client that changes it would keep the evaluations of the old one. It also
 * covers the URLs of event streams, so that a 304 never leaves a client with an expired URL.
 */
export function bulkEtag({ published, context, surroundings, answers = '' }: BulkResponse): string {
  const { project, scope } = published.ruleset
  const parts = [project, scope, surroundings, canonicalJson(context), answers]
  const digest = hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)
  return `"${published.digest}-${digest}"`
}
