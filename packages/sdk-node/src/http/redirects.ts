import { clientError, type HttpHandlers, type HttpRequest, type Platform } from '@flaghoist/client'

type Send = Platform['request']

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Follows redirects within their origin. No other origin may receive the key in the headers. */
export function followRedirects(send: Send): Send {
  return (request: HttpRequest, on: HttpHandlers) => {
    let abort = () => {}
    let isOver = false
    const end = (error?: Error) => {
      if (isOver) return
      isOver = true
      abort()
      on.onEnd(error)
    }

    const sendTo = (url: string, followed: number) => {
      abort = send(
        { ...request, url },
        {
          onHead(status, header) {
            if (isOver) return
            const location = REDIRECTS.has(status) ? header('location') : undefined
            if (location === undefined) return on.onHead(status, header)

            abort()
            const target = resolveLocation(location, url)
            if (target === undefined || followed >= MAX_REDIRECTS)
              return end(clientError('REDIRECT_REFUSED', { location: location.slice(0, 200) }))
            sendTo(target, followed + 1)
          },
          onText: on.onText,
          onEnd: end,
        },
      )
    }
    sendTo(request.url, 0)

    return () => {
      isOver = true
      abort()
    }
  }
}

/** Returns the absolute URL of a redirect; undefined if it leaves the origin. */
function resolveLocation(location: string, from: string): string | undefined {
  const origin = /^https?:\/\/[^/?#]+/.exec(from)![0]
  if (location.startsWith('/') && !location.startsWith('//')) return origin + location
  const isSame = location === origin || location.startsWith(`${origin}/`)
  return isSame ? location : undefined
}
