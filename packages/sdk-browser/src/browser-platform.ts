import type { Cache, HttpHandlers, HttpRequest, Platform } from '@flaghoist/client'
import { SDK } from './version.ts'

/** Shortest report that is worth compressing, in characters. */
const MIN_GZIP_CHARACTERS = 2_048
/** Limit of browsers for all open requests of a page that ends, in bytes. */
const MAX_KEEPALIVE_BYTES = 60_000
let keptAlive = 0

/** Creates the platform of browsers. It also works in a worker, which has no page to hide. */
export function browserPlatform(cache: Cache): Platform {
  return {
    sdk: SDK,
    cache,
    request: send,
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    schedule(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    onActivity(listener) {
      const tell = () => listener(!isHidden())
      const removers = [
        on(globalThis.document, 'visibilitychange', tell),
        on(globalThis, 'online', tell),
        // A page that was frozen, or kept for the back button, has a dead stream.
        on(globalThis.document, 'resume', tell),
        on(globalThis, 'pageshow', ({ persisted }) => persisted && tell()),
      ]
      if (isHidden()) tell()
      return all(removers)
    },
    beforeExit(run) {
      let isEnd = false
      // A visible page that ends is hidden after `pagehide`. One that the back button brings back
      // becomes visible.
      const leave = ({ type }: Event) => {
        isEnd = type === 'pagehide' || (isEnd && isHidden())
        if (isHidden()) run(true, isEnd)
      }
      return all([
        on(globalThis.document, 'visibilitychange', leave),
        on(globalThis, 'pagehide', leave),
      ])
    },
    warn: (message) => console.warn(`[flaghoist] ${message}`),
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden'
}

/** Returns a function that removes several listeners. */
function all(removers: readonly (() => void)[]): () => void {
  return () => {
    for (const remove of removers) remove()
  }
}

/** Adds a listener; returns a function that removes it. Some workers have no events. */
function on(
  target: Partial<EventTarget> | undefined,
  type: string,
  listener: (event: PageTransitionEvent) => void,
): () => void {
  target?.addEventListener?.(type, listener as EventListener)
  return () => target?.removeEventListener?.(type, listener as EventListener)
}

function send({ method, url, headers, body = '' }: HttpRequest, on: HttpHandlers): () => void {
  const abort = new AbortController()
  const run = async () => {
    // A page that ends has no time to compress.
    const isZipped =
      body.length > MIN_GZIP_CHARACTERS && !isHidden() && 'CompressionStream' in globalThis
    const content = isZipped ? await gzip(body) : body
    const { size } = new Blob([content])
    const isKept = size > 0 && keptAlive + size <= MAX_KEEPALIVE_BYTES
    if (isKept) keptAlive += size
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(isZipped && { 'content-encoding': 'gzip' }) },
      signal: abort.signal,
      // No other origin may receive the key.
      redirect: 'error',
      credentials: 'omit',
      keepalive: isKept,
      body: content || null,
    }).finally(() => {
      if (isKept) keptAlive -= size
    })
    on.onHead(response.status, (name) => response.headers.get(name) ?? undefined)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { done: true }
      if (done) return
      on.onText(value!)
    }
  }
  const end = (error?: Error) => abort.signal.aborted || on.onEnd(error)
  run().then(() => end(), end)
  return () => abort.abort()
}

function gzip(text: string): Promise<ArrayBuffer> {
  const bytes = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Response(bytes).arrayBuffer()
}
