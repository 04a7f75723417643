/** State of a flag in a scope, as the server computes it. */
export type CellState =
  | 'off'
  | 'on'
  | 'share'
  | 'targeted'
  | 'rolling'
  | 'waiting'
  | 'held'
  | 'rolled-back'
  | 'quarantined'
  | 'killed'
  | 'retired'

export interface CellValue {
  readonly state: CellState
  /** Units with a new variant in percent, rounded down to tens; of `share` and `rolling` only. */
  readonly percent?: number
}

/** Words of a state, for labels and legends. */
export const STATE_WORDS: Readonly<Record<CellState, string>> = {
  off: 'off',
  on: 'on',
  share: 'share',
  targeted: 'targeted',
  rolling: 'rolling',
  waiting: 'waiting',
  held: 'held',
  'rolled-back': 'rolled back',
  quarantined: 'quarantined',
  killed: 'killed',
  retired: 'retired',
}

/** States in the order of a stacked bar: on, moving, stopped, off. */
export const STATE_ORDER: readonly CellState[] = [
  'on',
  'share',
  'targeted',
  'rolling',
  'waiting',
  'held',
  'rolled-back',
  'quarantined',
  'killed',
  'off',
  'retired',
]

const LETTERS: Readonly<Record<string, CellState>> = {
  '-': 'off',
  '+': 'on',
  '*': 'targeted',
  W: 'waiting',
  H: 'held',
  B: 'rolled-back',
  Q: 'quarantined',
  K: 'killed',
  R: 'retired',
}

/** Every value by its character in a matrix. The description of `MatrixFlag` lists them. */
const VALUES: ReadonlyMap<string, CellValue> = new Map([
  ...Object.entries(LETTERS).map(([char, state]) => [char, { state }] as const),
  ...[...'0123456789'].map((char, i) => [char, { state: 'share', percent: i * 10 }] as const),
  ...[...'abcdefghij'].map((char, i) => [char, { state: 'rolling', percent: i * 10 }] as const),
])

/** Returns the value of a character of a matrix. */
export function cellOf(char: string): CellValue {
  const value = VALUES.get(char)
  if (value === undefined) throw new Error(`The matrix has a cell "${char}" that this page lacks.`)
  return value
}

/**
 * Returns the classes that draw a cell, as `cells.css` knows them.
 * @param isOwn marks a layer of its own
 */
export function cellClass({ state, percent }: CellValue, isOwn = false): string {
  const tenth = percent === undefined ? '' : ` tenth-${Math.floor(percent / 10)}`
  return state + tenth + (isOwn ? ' own' : '')
}

/** Returns the words of a cell, such as `rolling, 20–30 %`. */
export function cellText({ state, percent }: CellValue): string {
  const words = STATE_WORDS[state]
  return percent === undefined ? words : `${words}, ${percent}–${percent + 10} %`
}

/** Returns the number of cells in each state, in the order of a bar. */
export function countStates(cells: string): readonly (readonly [CellState, number])[] {
  const counts = new Map<CellState, number>()
  for (const char of cells) {
    const { state } = cellOf(char)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return STATE_ORDER.flatMap((state) => {
    const count = counts.get(state)
    return count === undefined ? [] : [[state, count] as const]
  })
}

/** Words of states that read well after a number. */
const COUNTED: Partial<Record<CellState, string>> = {
  share: 'on for a share',
  targeted: 'on for targeted contexts',
}

/** Returns the counts in words, such as `44 on, 2 held, 4 off`. */
export function countsText(counts: readonly (readonly [CellState, number])[]): string {
  return counts.map(([state, count]) => `${count} ${stateText(state)}`).join(', ')
}

/** Returns a state in a sentence, such as `on for a share`. */
export function stateText(state: CellState): string {
  return COUNTED[state] ?? STATE_WORDS[state]
}
