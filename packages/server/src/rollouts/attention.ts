import { isRestored } from '@flaghoist/core/model'
import { missingFor, type RunView } from './decide-run.ts'

/** How much a run, or a rollout, needs people; the most urgent first. */
export const ATTENTIONS = [
  'regressed',
  'needs-person',
  'blocked',
  'moving',
  'pending',
  'settled',
] as const

export type Attention = (typeof ATTENTIONS)[number]

/** Reasons of a rollback or hold that evidence has decided. */
const BY_EVIDENCE: ReadonlySet<string> = new Set(['regressed', 'systemic'])

/** Returns how much a run needs people. */
export function attentionOf(view: RunView): Attention {
  const { rollout, run, seen } = view
  const isBad = BY_EVIDENCE.has(run.reason?.code ?? '') || seen.verdict?.action === 'regressed'
  if (isRestored(run) || run.state === 'held' || run.state === 'exposing') {
    if (isBad) return 'regressed'
    if (run.state === 'held') return 'needs-person'
  }
  if (rollout.endedAt !== undefined || isRestored(run) || run.state === 'done') return 'settled'
  if (run.state === 'waiting' || seen.closed !== undefined) return 'blocked'
  return missingFor(view)?.code === 'manual' ? 'needs-person' : 'moving'
}

/** Returns the most urgent of several. */
export function worstOf(attentions: readonly Attention[]): Attention {
  return ATTENTIONS.find((one) => attentions.includes(one)) ?? 'settled'
}
