import { hash } from 'node:crypto'
import { canonicalJson, type EvaluationContext } from '@flaghoist/core'
import type { PublishedRuleset } from '../rulesets/rulesets.ts'

export interface BulkAnswer {
  readonly published: PublishedRuleset
  readonly context: EvaluationContext
  /** What stands in the answer besides the flags. */
  readonly surroundings: string
  /** The answers themselves, where ruleset and context do not determine them. */
  readonly answers?: string | undefined
}

/**
 * ETag of a bulk answer, over all that it is made of: what the ruleset holds, its scope, and the context in
 * canonical form. Without the context a client that changes it would be told to keep the answers of the old one.
 * That the names of event streams are in it matters as well: a 304 must never leave a client with a URL that has
 * run out.
 */
export function bulkEtag({ published, context, surroundings, answers = '' }: BulkAnswer): string {
  const { project, scope } = published.ruleset
  const parts = [project, scope, surroundings, canonicalJson(context), answers]
  const digest = hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)
  return `"${published.digest}-${digest}"`
}
