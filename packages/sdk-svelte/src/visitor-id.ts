import { anonymousId } from '@flaghoist/browser'

const YEAR_S = 365 * 24 * 60 * 60

/**
 * Returns the random targeting key of a visitor from a cookie that the server of the page reads
 * too. Where cookies are refused, it is that of `@flaghoist/browser`.
 */
export function visitorId(cookie: string): string {
  try {
    const known = `; ${document.cookie}`.split(`; ${cookie}=`)[1]?.split(';')[0]
    if (known) return known
    const secure = location.protocol === 'https:' ? '; secure' : ''
    // Written only if it is missing: Safari shortens the life of a cookie that a script writes.
    // biome-ignore lint/suspicious/noDocumentCookie: CookieStore exists only where TLS does.
    document.cookie = `${cookie}=${anonymousId()}; path=/; max-age=${YEAR_S}; samesite=lax${secure}`
  } catch {
    // Sandboxed frames have no cookies.
  }
  return anonymousId()
}
