import { type Problem, problemOf } from '../api/problem.ts'
import { activity } from '../live/activity.svelte.ts'
import { type ActivityChange, editsKind, WIDE_KINDS } from '../live/activity-events.ts'
import { queryOfFlags, requestMatrix } from './matrix-requests.ts'
import { mergeRows } from './merge-rows.ts'
import { MARKED_MS, type ShownMatrix, type ShownRow, withMarks } from './shown-matrix.ts'

/** After a load of changed rows, the next one waits this many times as long as it took. */
const REST_FACTOR = 4
/** Longest wait, ms. */
const MAX_REST_MS = 1_000
/** Wait after a load that failed, ms. */
const FAILED_REST_MS = 10_000

/** Changes that a person on call waits for. */
const URGENT_ACTIONS = ['flag.kill', 'flag.kill-by-tag', 'run.rollback']

/** Flags that one request names, at most: a URL has its limits. */
const MAX_NAMED = 100

/** The rows of a query. A change loads those of its flags again, and no others. */
export class MatrixStore implements ShownMatrix {
  rows = $state.raw<readonly ShownRow[]>([])
  environments = $state.raw<readonly string[]>([])
  instances = $state.raw<readonly string[]>([])
  total = $state<number>()
  problem = $state.raw<Problem>()

  readonly #query: () => string
  #next: string | undefined
  #abort = new AbortController()
  #isLoading = false
  readonly #edited = new Set<string>()
  /** Timer until changed rows may be loaded again. */
  #rest: ReturnType<typeof setTimeout> | undefined
  /** Set if a change is to be shown without such a rest. */
  #isUrgent = false
  /** Set if changes during a request may concern any row. */
  #isStale = false

  /** @param query query of the URL; a change of its state starts another request */
  constructor(query: () => string) {
    this.#query = query
    $effect(() => {
      void this.load()
      return () => {
        this.#abort.abort()
        clearTimeout(this.#rest)
        this.#rest = undefined
      }
    })
    $effect(() => activity.onChange((change) => this.#follow(change)))
    $effect(() => activity.onGap(() => this.#refresh()))
  }

  /** Loads the first page. */
  async load(): Promise<void> {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#edited.clear()
    this.#isUrgent = false
    this.#isStale = false
    const query = this.#query()
    const request = (signal: AbortSignal) => requestMatrix({ query, signal })
    await this.#request(request, (matrix) => {
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
    const page = { query: this.#query(), cursor: this.#next }
    const request = (signal: AbortSignal) => requestMatrix({ ...page, signal })
    await this.#request(request, (matrix) => {
      this.rows = [...this.rows, ...matrix.flags]
      this.#next = matrix.next
    })
  }

  #follow(change: ActivityChange): void {
    if (editsKind(change, ...WIDE_KINDS)) this.#isStale = true
    if (URGENT_ACTIONS.includes(change.action)) this.#isUrgent = true
    for (const flag of change.flags) this.#edited.add(flag)
    if (!this.#isLoading) this.#loadChanges()
  }

  /** Loads the first page again; during a request, once after it. */
  #refresh(): void {
    this.#isStale = true
    if (!this.#isLoading) this.#loadChanges()
  }

  #loadChanges(): void {
    if (this.#isStale || this.#edited.size > MAX_NAMED) void this.load()
    else if (this.#edited.size > 0 && (this.#rest === undefined || this.#isUrgent))
      void this.#loadEdited()
  }

  /** Spares a server that is slow, such as one with many open pages and many changes. */
  #startRest(restMs: number): void {
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      if (!this.#isLoading) this.#loadChanges()
    }, restMs)
  }

  async #loadEdited(): Promise<void> {
    const flags = new Set(this.#edited)
    this.#edited.clear()
    this.#isUrgent = false
    const beganAt = performance.now()
    const query = this.#query()
    const load = (signal: AbortSignal) => this.#requestEdited(query, flags, signal)
    await this.#request(load, ({ flags: newer, total }) => {
      this.#startRest(Math.min(MAX_REST_MS, REST_FACTOR * (performance.now() - beganAt)))
      const before = new Map(this.rows.map((row) => [row.key, row]))
      const marked = newer.map((row) => withMarks(row, before.get(row.key)))
      const rows = mergeRows(this.rows, flags, this.#inPages(marked))
      this.total = total ?? (this.total ?? 0) + rows.length - this.rows.length
      this.rows = rows
      setTimeout(() => this.#unmark(flags), MARKED_MS)
    })
  }

  /** Requests changed rows. If that fails, they are loaded again later. */
  async #requestEdited(query: string, flags: ReadonlySet<string>, signal: AbortSignal) {
    // Rows do not tell whether a flag behind them has come or gone.
    const isBehind = this.#next !== undefined && !this.#hasRows(flags)
    try {
      const [edited, whole] = await Promise.all([
        requestMatrix({ query: queryOfFlags(query, [...flags]), signal }),
        isBehind ? requestMatrix({ query, limit: 1, signal }) : undefined,
      ])
      return { flags: edited.flags, total: whole?.total }
    } catch (error) {
      if (!signal.aborted) this.#keepEdited(flags)
      throw error
    }
  }

  #hasRows(flags: ReadonlySet<string>): boolean {
    return this.rows.filter(({ key }) => flags.has(key)).length === flags.size
  }

  #keepEdited(flags: ReadonlySet<string>): void {
    for (const flag of flags) this.#edited.add(flag)
    this.#startRest(FAILED_REST_MS)
  }

  /** Leaves out the rows that a page which is not loaded yet brings. */
  #inPages(rows: readonly ShownRow[]): readonly ShownRow[] {
    const last = this.rows.at(-1)?.key
    if (this.#next === undefined || last === undefined) return rows
    return rows.filter(({ key }) => key <= last)
  }

  #unmark(flags: ReadonlySet<string>): void {
    // Other rows stay the same objects, so that the grid does not draw them again.
    this.rows = this.rows.map((row) => (flags.has(row.key) ? { ...row, marked: undefined } : row))
  }

  async #request<T>(
    request: (signal: AbortSignal) => Promise<T>,
    use: (loaded: T) => void,
  ): Promise<void> {
    const { signal } = this.#abort
    this.#isLoading = true
    try {
      const loaded = await request(signal)
      if (signal.aborted) return
      use(loaded)
      this.problem = undefined
    } catch (error) {
      if (!signal.aborted) this.problem = problemOf(error)
    } finally {
      if (!signal.aborted) {
        this.#isLoading = false
        this.#loadChanges()
      }
    }
  }
}
