import { BASE_PATH } from '../api/client.ts'
import { noteVersion, replaceVersion, startVersion } from '../api/known-version.ts'
import type {
  ActivityChange,
  ActivityConnections,
  ActivityPropagation,
  ProjectScopes,
} from './activity-events.ts'

/** Time in which a new stream sends its first event. */
const FIRST_EVENT_MS = 5_000
/** Silence after which the stream counts as lost: two and a half heartbeats. */
const SILENCE_MS = 20_000
/** Delay before a refused stream is requested again: the first, and the longest. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

type ChangeListener = (change: ActivityChange) => void

let status = $state<'connecting' | 'live' | 'lost'>('connecting')
let lostSince = $state.raw<Date>()
let connected = $state<number>()
let sdks = $state.raw<Readonly<Record<string, number>>>({})
let propagation = $state.raw<ActivityPropagation>()
let scopes = $state.raw<ProjectScopes>()
const listeners = new Set<ChangeListener>()
const restarts = new Set<() => void>()

let source: EventSource | undefined
let retryMs = FIRST_RETRY_MS
let silence: ReturnType<typeof setTimeout> | undefined
/** Set if changes or their progress arrived while the page was hidden. */
let hasUnseen = false

document.addEventListener('visibilitychange', () => {
  if (document.hidden || !hasUnseen) return
  hasUnseen = false
  announceGap()
})

/** The event stream of the project: one for each tab. */
export const activity = {
  get status() {
    return status
  },
  /** Instant since which nothing arrives; undefined while live. */
  get lostSince() {
    return lostSince
  },
  /** Number of connected SDKs, as far as the key sees them. */
  get connected() {
    return connected
  },

  /** Numbers of connected SDKs by their scope. */
  get sdks() {
    return sdks
  },

  /** Latest progress of a version to the SDKs; undefined before the first. */
  get propagation() {
    return propagation
  },

  /** Environments and instances of the project; undefined before the first event. */
  get scopes() {
    return scopes
  },

  /**
   * Opens the stream of a project, and ends that of another one.
   * @param since version of the project before the page has loaded anything: later changes are sent
   *   again, so that none is missed between the first snapshot and the stream
   */
  open(project: string, since: number | undefined): void {
    activity.close()
    status = 'connecting'
    scopes = undefined
    const query = since === undefined ? '' : `?since=${since}`
    const path = `${BASE_PATH}/api/v1/projects/${encodeURIComponent(project)}`
    startVersion(path, since)
    connect(`${path}/activity${query}`)
  },

  close(): void {
    clearTimeout(silence)
    source?.close()
    source = undefined
  },

  /**
   * Calls a function for each change. A hidden page skips them, and announces a gap once it is
   * visible. Returns a function that ends it.
   */
  onChange(listener: ChangeListener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },

  /** Calls a function when changes may have been missed. Returns a function that ends it. */
  onGap(listener: () => void): () => void {
    restarts.add(listener)
    return () => restarts.delete(listener)
  },
}

function connect(url: string): void {
  const stream = new EventSource(url)
  source = stream
  clearTimeout(silence)
  silence = setTimeout(lose, FIRST_EVENT_MS)
  const on = <T>(name: string, handle: (data: T) => void) =>
    stream.addEventListener(name, ({ data }) => {
      hear()
      handle(JSON.parse(data))
    })
  stream.addEventListener('open', hear)
  on<ActivityChange>('change', (change) => {
    noteVersion(change.version)
    if (document.hidden) hasUnseen = true
    else for (const listener of listeners) listener(change)
  })
  on<ActivityConnections>('connections', (counts) => {
    connected = counts.connected
    sdks = counts.isWhole ? counts.scopes : { ...sdks, ...counts.scopes }
  })
  on<ActivityPropagation>('propagation', (progress) => {
    if (document.hidden) hasUnseen = true
    else propagation = progress
  })
  on<ProjectScopes>('scopes', (sent) => {
    scopes = sent
  })
  on<{ readonly version: number }>('reset', (position) => {
    replaceVersion(position.version)
    announceGap()
  })
  on('heartbeat', () => {})
  stream.addEventListener('error', () => {
    lose()
    // The browser reconnects by itself, unless the server has refused the request.
    if (stream.readyState !== EventSource.CLOSED) return
    setTimeout(() => source === stream && connect(url), retryMs)
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
  })
}

/** Notes that the stream works. */
function hear(): void {
  clearTimeout(silence)
  silence = setTimeout(lose, SILENCE_MS)
  retryMs = FIRST_RETRY_MS
  if (status === 'live') return
  const wasLost = status === 'lost'
  status = 'live'
  lostSince = undefined
  if (wasLost) announceGap()
}

function lose(): void {
  if (status === 'lost') return
  status = 'lost'
  lostSince = new Date()
}

/** Renews what the page shows after an own change, if the stream does not announce it. */
export function renewIfLost(): void {
  if (status !== 'live') announceGap()
}

function announceGap(): void {
  for (const restart of restarts) restart()
}
