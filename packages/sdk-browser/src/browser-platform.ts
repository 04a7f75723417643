import type { Cache, HttpHandlers, HttpRequest, Platform } from '@flaghoist/client'
import { SDK } from './version.ts'

/** Characters of a report from which it is worth to be gzipped. */
const GZIP_FROM = 2_048
/** A browser lets a page that ends send no more bytes, in all that is on its way. */
const MAX_KEEPALIVE = 60_000
let keptAlive = 0

/** A browser's requests, clocks and timers; also in a worker, which has no page that could be hidden. */
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
      ]
      if (isHidden()) tell()
      return () => {
        for (const remove of removers) remove()
      }
    },
    // A page is hidden before it ends: this is the last event that every browser dispatches.
    beforeExit: (run) => on(globalThis.document, 'visibilitychange', () => isHidden() && run(true)),
    // biome-ignore lint/suspicious/noConsole: it is where the developer looks.
    warn: (message) => console.warn(`[flaghoist] ${message}`),
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden'
}

/** Adds a listener; returns a function that removes it. Some workers have no events. */
function on(
  target: Partial<EventTarget> | undefined,
  type: string,
  listener: () => void,
): () => void {
  target?.addEventListener?.(type, listener)
  return () => target?.removeEventListener?.(type, listener)
}

function send({ method, url, headers, body = '' }: HttpRequest, on: HttpHandlers): () => void {
  const abort = new AbortController()
  const run = async () => {
    // A page that ends has no time for it.
    const isZipped = body.length > GZIP_FROM && !isHidden() && 'CompressionStream' in globalThis
    const content = isZipped ? await gzip(body) : body
    const { size } = new Blob([content])
    const isKept = size > 0 && keptAlive + size <= MAX_KEEPALIVE
    if (isKept) keptAlive += size
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(isZipped && { 'content-encoding': 'gzip' }) },
      signal: abort.signal,
      // The key is for nobody else.
      redirect: 'error',
      credentials: 'omit',
      keepalive: isKept,
      ...(body && { body: content }),
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
  run().then(
    () => abort.signal.aborted || on.onEnd(),
    (error: Error) => abort.signal.aborted || on.onEnd(error),
  )
  return () => abort.abort()
}

function gzip(text: string): Promise<ArrayBuffer> {
  const bytes = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Response(bytes).arrayBuffer()
}
