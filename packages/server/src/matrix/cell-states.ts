/** States of a flag in a scope, as people tell them apart. */
export const CELL_STATES = [
  'off',
  'on',
  'share',
  'targeted',
  'rolling',
  'waiting',
  'held',
  'rolled-back',
  'quarantined',
  'killed',
  'retired',
] as const

export type CellState = (typeof CELL_STATES)[number]

/** A flag in one scope. */
export interface Cell {
  readonly state: CellState
  /** Tenth of the units with a new variant, 0–9; of `share` and `rolling` only. */
  readonly tenth?: number
}

const SHARES = '0123456789'
const ROLLING = 'abcdefghij'
const LETTERS = {
  off: '-',
  on: '+',
  targeted: '*',
  waiting: 'W',
  held: 'H',
  'rolled-back': 'B',
  quarantined: 'Q',
  killed: 'K',
  retired: 'R',
} as const

/** Meaning of each character of a matrix, for its description. */
export const LEGEND =
  '`-` off; `+` on; `0`–`9` on for a share, in tenths rounded down; `*` on for targeted contexts only; `a`–`j` the same shares while a rollout is in progress; `W` the rollout waits; `H` held or paused; `B` rolled back; `Q` quarantined; `K` killed; `R` the instance is retired'

/** Returns the character of a cell. */
export function charOf({ state, tenth = 0 }: Cell): string {
  if (state === 'share') return SHARES[tenth]!
  if (state === 'rolling') return ROLLING[tenth]!
  return LETTERS[state]
}

const STATES = new Map<string, CellState>([
  ...[...SHARES].map((char) => [char, 'share'] as const),
  ...[...ROLLING].map((char) => [char, 'rolling'] as const),
  ...Object.entries(LETTERS).map(([state, char]) => [char, state as CellState] as const),
])

/** Returns the state of a character that {@link charOf} has made. */
export function stateOf(char: string): CellState {
  return STATES.get(char)!
}
