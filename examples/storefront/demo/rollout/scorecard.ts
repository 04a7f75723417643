import type { Decision, Rollout } from '../admin.ts'
import type { Check } from '../checks.ts'
import type { Message } from './receiver.ts'

/** The customer whose customisation breaks the new checkout. */
export const BROKEN = 'initech'
/** From the first broken order to the rollback. */
const MAX_REACTION_MS = 10_000

/** Facts that the demo has measured. */
export interface Outcome {
  readonly rollout: Rollout
  readonly timeline: readonly Decision[]
  readonly messages: readonly Message[]
  /** Share of the customers with the new checkout at the end, by instance. */
  readonly shares: Readonly<Record<string, number>>
  /** Failed requests of all shops. */
  readonly failed: number
}

/** Checks that one customer alone was rolled back, and that all others got the new checkout. */
export function scorecard({
  rollout,
  timeline,
  messages,
  shares,
  failed,
}: Outcome): readonly Check[] {
  const stateOf = (instance: string) =>
    rollout.runs.find(({ scope }) => scope === `production/${instance}`)?.state
  const of = (state: string) =>
    timeline.find((one) => one.scope === `production/${BROKEN}` && one.state === state)
  const [exposed, rolledBack] = [of('exposing'), of('rolled-back')]
  const reactionMs = Date.parse(rolledBack?.at ?? '') - Date.parse(exposed?.at ?? '')
  const others = Object.entries(shares).filter(([instance]) => instance !== BROKEN)
  return [
    {
      what: 'the rollout',
      measured: rollout.status,
      isKept: rollout.status === 'completed-with-exceptions',
    },
    {
      what: `${BROKEN}: quarantined`,
      measured: rolledBack?.reason ?? 'never rolled back',
      isKept: stateOf(BROKEN) === 'quarantined' && shares[BROKEN] === 0,
    },
    {
      what: `${BROKEN}: from its first step to the rollback`,
      measured: `${(reactionMs / 1_000).toFixed(1)} s`,
      isKept: reactionMs < MAX_REACTION_MS,
    },
    ...others.map(([instance, share]) => ({
      what: `${instance}: finished`,
      measured: `${stateOf(instance)}, ${(share * 100).toFixed(0)} % get the new checkout`,
      isKept: stateOf(instance) === 'done' && share === 1,
    })),
    {
      what: 'messages',
      measured: messages.map(({ type }) => type.replace('notice.', '')).join(', '),
      isKept: messages.some(
        ({ type, data }) => type === 'notice.rolled-back' && data.what.includes(BROKEN),
      ),
    },
    { what: 'all shops', measured: `${failed} failed requests`, isKept: failed === 0 },
  ]
}
