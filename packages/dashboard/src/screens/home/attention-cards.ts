import type { Schema } from '../../api/client.ts'
import { count, number } from '../../parts/format.ts'
import { momentText } from '../../parts/moment-text.ts'
import { href } from '../../router.ts'

const MINUTE_MS = 60_000

type Attention = Schema<'Attention'>
type Item = Attention['items'][number]

/** A card of the home page: a title, a number, and the situations behind it. */
export interface AttentionCard {
  readonly title: string
  readonly figure: string
  /** State whose colour and shape the card has; undefined while nothing is wrong. */
  readonly state?: 'rolled-back' | 'held' | 'killed'
  readonly items: readonly Item[]
  /** Sentence in place of items. */
  readonly text?: string
  /** Next step of a person in place of items; absent if there is none. */
  readonly todo?: string
  /** Page that the sentence links to, on which a person takes the step. */
  readonly link?: string
}

/** Returns the cards of the home page, in fixed places so that people learn where to look. */
export function cardsOf(attention: Attention): readonly AttentionCard[] {
  const { items, counts, watching, drift } = attention
  const ofKinds = (...kinds: Item['kind'][]) => items.filter(({ kind }) => kinds.includes(kind))
  const waiting = ofKinds('held', 'at-gate', 'paused', 'closed')
  const bad = counts.rolledBack + counts.quarantined
  return [
    {
      title: 'Rolled back',
      figure: bad === 0 ? 'None' : count(bad, 'instance'),
      ...(bad > 0 && { state: 'rolled-back' as const }),
      items: ofKinds('rolled-back', 'quarantined'),
      text: 'No rollout has rolled an instance back.',
    },
    {
      title: 'Waiting',
      figure: waiting.length === 0 ? 'None' : count(rolloutsOf(waiting), 'rollout'),
      ...(waiting.length > 0 && { state: 'held' as const }),
      items: waiting,
      text: 'No rollout is held, paused or at a gate.',
    },
    {
      title: 'Killed',
      figure: counts.killed === 0 ? 'None' : count(counts.killed, 'flag'),
      ...(counts.killed > 0 && { state: 'killed' as const }),
      items: ofKinds('killed'),
      text: 'No kill is in force.',
    },
    { title: 'Safe to stop watching', items: [], ...safetyOf(watching) },
    ...driftCard(drift),
  ]
}

/** Returns the card of unexplained differences, if there are any. */
function driftCard(drift: Attention['drift']): readonly AttentionCard[] {
  if (drift === undefined || drift.flags === 0) return []
  const { scopes, flags } = drift
  const environment = scopes.split('/')[0]!
  return [
    {
      title: 'Unexplained differences',
      figure: count(flags, 'flag'),
      items: [],
      text: `Instances of ${environment} differ without a note, rollout, rule or kill.`,
      todo: 'Explain each difference by a note, or align the instances.',
      link: href('/drift', { scopes, only: 'unexplained' }),
    },
  ]
}

function rolloutsOf(items: readonly Item[]): number {
  return new Set(items.map(({ rollout }) => rollout)).size
}

/** Returns the page on which a person acts: that of the rollout, or of what a kill stopped. */
export function pageOf({ rollout, flags, scopes }: Item): string {
  if (rollout !== undefined) {
    // A pause concerns the environment, which has no card.
    const scope = scopes[0]?.includes('/') ? scopes[0] : undefined
    return href(`/rollouts/${encodeURIComponent(rollout)}`, { scope })
  }
  const [flag = '', ...others] = flags
  return others.length > 0
    ? href('/flags', { q: 'state:killed' })
    : href(`/flags/${encodeURIComponent(flag)}`)
}

function safetyOf({
  running,
  safe,
  rollouts,
}: Attention['watching']): Pick<AttentionCard, 'figure' | 'text' | 'todo' | 'link'> {
  if (running === 0) return { figure: 'Now', text: 'No rollout is in progress.' }
  if (safe === running)
    return { figure: 'Now', text: `${count(running, 'rollout')} in progress, all safe.` }
  const [first] = rollouts
  return {
    figure: safeAt(rollouts) ?? 'Not yet',
    ...(first && {
      text: `${first.flag}: ${first.text}`,
      todo:
        running === 1
          ? 'Watch it until it is safe.'
          : `${number(safe)} of ${number(running)} rollouts are safe. Watch the others.`,
      link: href(`/rollouts/${encodeURIComponent(first.rollout)}`),
    }),
  }
}

/**
 * Returns the earliest time from which all rollouts can be safe, such as `From 14:03`; undefined if
 * one lacks more than time.
 */
function safeAt(rollouts: Attention['watching']['rollouts']): string | undefined {
  const minutes = rollouts.map((one) => (one.units === undefined ? one.minutes : undefined))
  if (minutes.some((one) => one === undefined)) return undefined
  const now = Date.now()
  const at = now + Math.max(...minutes.map((one) => one ?? 0)) * MINUTE_MS
  return `From ${momentText(at, [now, at])}`
}
