import { SvelteMap } from 'svelte/reactivity'
import { type Problem, problemOf } from '../api/problem.ts'
import { activity } from '../live/activity.svelte.ts'
import { type ActivityChange, editsKind } from '../live/activity-events.ts'
import { type MatrixRow, queryOfFlags, requestMatrix } from './matrix-requests.ts'
import { changedPlaces, mergeRows } from './merge-rows.ts'

/** Time for which a changed cell is marked. */
const MARKED_MS = 600

/** Changes to entities of these kinds may concern any row. */
const WIDE_KINDS = ['project', 'environment', 'instance', 'rollout', 'run', 'kill']

/** The rows of a query. A change loads those of its flags again, and no others. */
export class MatrixStore {
  rows = $state.raw<readonly MatrixRow[]>([])
  environments = $state.raw<readonly string[]>([])
  instances = $state.raw<readonly string[]>([])
  total = $state<number>()
  problem = $state.raw<Problem>()
  /** Places of cells that have just changed, by flag. */
  readonly marked = new SvelteMap<string, ReadonlySet<string>>()

  readonly #query: () => string
  #next: string | undefined
  #abort = new AbortController()
  #isLoading = false
  readonly #edited = new Set<string>()

  /** @param query query of the URL; a change of its state starts another request */
  constructor(query: () => string) {
    this.#query = query
    $effect(() => {
      void this.load()
      return () => this.#abort.abort()
    })
    $effect(() => activity.onChange((change) => this.#follow(change)))
    $effect(() => activity.onGap(() => void this.load()))
  }

  /** Loads the first page. */
  async load(): Promise<void> {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#edited.clear()
    await this.#request({ query: this.#query() }, (matrix) => {
      this.environments = matrix.environments
      this.instances = matrix.instances
      this.rows = matrix.flags
      this.total = matrix.total
      this.#next = matrix.next
    })
  }

  /** Loads the next page, if there is one. */
  async loadMore(): Promise<void> {
    if (this.#next === undefined || this.#isLoading) return
    await this.#request({ query: this.#query(), cursor: this.#next }, (matrix) => {
      this.rows = [...this.rows, ...matrix.flags]
      this.#next = matrix.next
    })
  }

  #follow(change: ActivityChange): void {
    if (editsKind(change, ...WIDE_KINDS)) return void this.load()
    for (const flag of change.flags) this.#edited.add(flag)
    if (!this.#isLoading) void this.#loadEdited()
  }

  async #loadEdited(): Promise<void> {
    const flags = new Set(this.#edited)
    if (flags.size === 0) return
    this.#edited.clear()
    await this.#request({ query: queryOfFlags(this.#query(), [...flags]) }, ({ flags: newer }) => {
      const before = new Map(this.rows.map((row) => [row.key, row]))
      const rows = mergeRows(this.rows, flags, newer)
      this.total = (this.total ?? 0) + rows.length - this.rows.length
      this.rows = rows
      for (const row of newer) this.#mark(row.key, before.get(row.key), row)
    })
  }

  #mark(flag: string, before: MatrixRow | undefined, after: MatrixRow): void {
    if (before === undefined) return
    this.marked.set(flag, new Set(changedPlaces(before, after)))
    setTimeout(() => this.marked.delete(flag), MARKED_MS)
  }

  async #request(
    request: { readonly query: string; readonly cursor?: string },
    use: (matrix: Awaited<ReturnType<typeof requestMatrix>>) => void,
  ): Promise<void> {
    const { signal } = this.#abort
    this.#isLoading = true
    try {
      const matrix = await requestMatrix({ ...request, signal })
      if (signal.aborted) return
      use(matrix)
      this.problem = undefined
    } catch (error) {
      if (!signal.aborted) this.problem = problemOf(error)
    } finally {
      if (!signal.aborted) {
        this.#isLoading = false
        void this.#loadEdited()
      }
    }
  }
}
