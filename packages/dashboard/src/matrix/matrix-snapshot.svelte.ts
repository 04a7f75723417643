import { untrack } from 'svelte'
import type { Matrix } from './matrix-requests.ts'
import { MARKED_MS, type ShownMatrix, type ShownRow, withMarks } from './shown-matrix.ts'

/** The matrix of a response that is loaded whole again after a change. */
export class MatrixSnapshot implements ShownMatrix {
  rows = $state.raw<readonly ShownRow[]>([])

  readonly #loaded: () => Matrix | undefined

  /** @param loaded the last response; undefined before the first */
  constructor(loaded: () => Matrix | undefined) {
    this.#loaded = loaded
    $effect(() => {
      const before = new Map(untrack(() => this.rows).map((row) => [row.key, row]))
      this.rows = (loaded()?.flags ?? []).map((row) => withMarks(row, before.get(row.key)))
      const timer = setTimeout(() => this.#unmark(), MARKED_MS)
      return () => clearTimeout(timer)
    })
  }

  get environments(): readonly string[] {
    return this.#loaded()?.environments ?? []
  }

  get instances(): readonly string[] {
    return this.#loaded()?.instances ?? []
  }

  get total(): number | undefined {
    return this.#loaded()?.total
  }

  #unmark(): void {
    // Other rows stay the same objects, so that the grid does not draw them again.
    this.rows = this.rows.map((row) => (row.marked ? { ...row, marked: undefined } : row))
  }
}
