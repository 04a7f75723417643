import type { Schema } from '../api/client.ts'
import type { CellState, CellValue } from '../parts/cells.ts'
import { listed } from '../parts/format.ts'
import type { Attention, Run, RunAction } from './rollout-requests.ts'

type RunState = Run['state']

/** Words and shape of the state of a run, in the order of a bar. */
const STATES: Readonly<Record<RunState, { readonly words: string; readonly cell: CellState }>> = {
  done: { words: 'done', cell: 'on' },
  holdback: { words: 'in holdback', cell: 'share' },
  exposing: { words: 'exposing', cell: 'rolling' },
  waiting: { words: 'waiting', cell: 'waiting' },
  held: { words: 'held', cell: 'held' },
  'rolled-back': { words: 'rolled back', cell: 'rolled-back' },
  quarantined: { words: 'quarantined', cell: 'quarantined' },
  pending: { words: 'pending', cell: 'off' },
  skipped: { words: 'skipped', cell: 'retired' },
}
const ORDER = Object.keys(STATES) as RunState[]

export const runWords = (state: RunState): string => STATES[state].words

/** Returns the cell of a run: its state, filled by its share. */
export function runCell({ state, share }: Pick<Run, 'state' | 'share'>): CellValue {
  const { cell } = STATES[state]
  const isFilled = cell === 'rolling' || cell === 'share'
  return { state: cell, ...(isFilled && { percent: Math.min(90, Math.floor(share / 10) * 10) }) }
}

type Counts = readonly { readonly state: RunState; readonly runs: number }[]

/** Returns the numbers of runs by their cells, for a bar. */
export function barOf(states: Counts): readonly (readonly [CellState, number])[] {
  return inOrder(states).map(({ state, runs }) => [STATES[state].cell, runs] as const)
}

/** Returns the numbers of runs in words, such as `4 done, 1 held`. */
export function statesText(states: Counts): string {
  return inOrder(states)
    .map(({ state, runs }) => `${runs} ${runWords(state)}`)
    .join(', ')
}

const inOrder = (states: Counts) =>
  states.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))

/** Words and shape of the need for people, the most urgent first. */
export const ATTENTIONS: Readonly<
  Record<Attention, { readonly words: string; readonly cell: CellState }>
> = {
  regressed: { words: 'regressed', cell: 'rolled-back' },
  'needs-person': { words: 'needs you', cell: 'held' },
  blocked: { words: 'blocked', cell: 'waiting' },
  moving: { words: 'moving', cell: 'rolling' },
  pending: { words: 'pending', cell: 'off' },
  settled: { words: 'settled', cell: 'on' },
}
const URGENCY = Object.keys(ATTENTIONS) as Attention[]

export const urgencyOf = (attention: Attention): number => URGENCY.indexOf(attention)

/** Returns runs by badness: those that need people first, then those with the most evidence. */
export function worstFirst(runs: readonly Run[]): readonly Run[] {
  const evidence = ({ numbers }: Run) => numbers?.evidence.log10 ?? 0
  return runs.toSorted(
    (a, b) => urgencyOf(a.attention) - urgencyOf(b.attention) || evidence(b) - evidence(a),
  )
}

/** Returns the name of a scope within its environment, such as `acme`. */
export const nameOf = (scope: string): string => scope.split('/')[1] ?? scope

/** Returns a share in percent, such as `10 %`. */
export const percent = (share: number): string => `${Number(share.toPrecision(3))} %`

/** Returns the audiences of the steps of a wave in short, such as `5 % → 25 % → staff`. */
export function stepsText({ steps }: Pick<Schema<'Plan'>['waves'][number], 'steps'>): string {
  return steps
    .map(({ audience }) =>
      'share' in audience ? percent(audience.share) : listed(audience.segments),
    )
    .join(' → ')
}

/** Actions as buttons show them, in their order. */
export const ACTIONS: readonly {
  readonly action: RunAction
  readonly title: string
  readonly key?: string
}[] = [
  { action: 'advance', title: 'Advance', key: 'a' },
  { action: 'rollback', title: 'Roll back', key: 'b' },
  { action: 'quarantine', title: 'Quarantine', key: 'q' },
  { action: 'pause', title: 'Pause' },
  { action: 'resume', title: 'Resume' },
  { action: 'adopt', title: 'Adopt the change' },
  { action: 'retry', title: 'Retry' },
  { action: 'finish', title: 'Finish now' },
  { action: 'skip', title: 'Skip' },
]

export const titleOf = (action: RunAction): string =>
  ACTIONS.find((one) => one.action === action)!.title
