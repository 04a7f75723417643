import { clientError } from './errors.ts'
import type { HttpHandlers, HttpRequest, Platform } from './platform.ts'

const MOST_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Sends a request and follows redirects, but only within its origin: the key in its headers is for nobody else.
 * Gives a function that aborts.
 */
export function send(platform: Platform, request: HttpRequest, on: HttpHandlers): () => void {
  let abort = () => {}
  let isOver = false
  const end = (error?: Error) => {
    if (isOver) return
    isOver = true
    abort()
    on.onEnd(error)
  }

  const attempt = (url: string, followed: number) => {
    abort = platform.request(
      { ...request, url },
      {
        onHead(status, header) {
          if (isOver) return
          const location = REDIRECTS.has(status) ? header('location') : undefined
          if (location === undefined) return on.onHead(status, header)

          abort()
          const target = resolveLocation(location, url)
          if (target === undefined || followed >= MOST_REDIRECTS)
            return end(clientError('REDIRECT_REFUSED', { location: location.slice(0, 200) }))
          attempt(target, followed + 1)
        },
        onText: on.onText,
        onEnd: end,
      },
    )
  }
  attempt(request.url, 0)

  return () => {
    isOver = true
    abort()
  }
}

/** The absolute URL of a redirect, or undefined where it leaves the origin. */
function resolveLocation(location: string, from: string): string | undefined {
  const origin = /^https?:\/\/[^/?#]+/.exec(from)![0]
  if (location.startsWith('/') && !location.startsWith('//')) return origin + location
  const isSame = location === origin || location.startsWith(`${origin}/`)
  return isSame ? location : undefined
}

/** How long `Retry-After` asks to wait, in ms; undefined where it does not say, or says nonsense. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}
