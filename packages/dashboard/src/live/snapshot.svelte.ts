import { untrack } from 'svelte'
import { type Problem, problemOf } from '../api/problem.ts'
import { activity } from './activity.svelte.ts'
import type { ActivityChange } from './activity-events.ts'

export interface SnapshotOptions<T> {
  readonly load: (signal: AbortSignal) => Promise<T>
  /** Checks that a change concerns the snapshot; by default every change does. */
  readonly concerns?: (change: ActivityChange) => boolean
  /**
   * Checks that data count the SDKs that the event stream counts now. With it, the snapshot is
   * loaded again after SDKs have come or gone, which is no change.
   */
  readonly countsSdks?: (data: T) => boolean
}

let noteFirstData = () => {}
/** Resolves once a screen of this page has its first data. */
export const firstData = new Promise<void>((resolve) => {
  noteFirstData = resolve
})

/** Data of a screen, loaded by one request and again after each change that concerns it. */
export interface Snapshot<T> {
  /** Last loaded data; undefined before the first. They stay while a later request fails. */
  readonly data: T | undefined
  /** Problem of the last request. */
  readonly problem: Problem | undefined
  reload(): Promise<void>
  /** Loads again; during a request, once after it, so that a burst of changes costs two. */
  refresh(): void
}

/**
 * Keeps a snapshot for as long as the component exists. State that `load` reads before it awaits
 * starts another request when it changes.
 */
export function createSnapshot<T>({
  load,
  concerns = () => true,
  countsSdks,
}: SnapshotOptions<T>): Snapshot<T> {
  let data = $state.raw<T>()
  let problem = $state.raw<Problem>()
  let running: AbortController | undefined
  let isStale = false
  /** Set if SDKs have come or gone during the request. */
  let isCounting = false

  async function reload(): Promise<void> {
    running?.abort()
    const own = new AbortController()
    running = own
    isStale = false
    try {
      const loaded = await load(own.signal)
      if (own.signal.aborted) return
      data = loaded
      noteFirstData()
      problem = undefined
    } catch (error) {
      if (own.signal.aborted) return
      problem = problemOf(error)
    } finally {
      // The component of an aborted request is gone, or has begun another one.
      if (running === own && !own.signal.aborted) {
        running = undefined
        if (isStale) void reload()
        else if (isCounting) recount()
      }
    }
  }

  /** Loads again unless the data count the SDKs already, as they do at the first count. */
  function recount(): void {
    isCounting = running !== undefined
    if (!isCounting && (data === undefined || !countsSdks?.(data))) void reload()
  }

  function refresh(): void {
    if (running === undefined) void reload()
    else isStale = true
  }

  $effect(() => {
    void reload()
    return () => running?.abort()
  })
  $effect(() => {
    if (countsSdks === undefined || activity.connected === undefined) return
    void activity.sdks
    untrack(recount)
  })
  $effect(() => activity.onChange((change) => concerns(change) && refresh()))
  $effect(() => activity.onGap(refresh))

  return {
    get data() {
      return data
    },
    get problem() {
      return problem
    },
    reload,
    refresh,
  }
}
