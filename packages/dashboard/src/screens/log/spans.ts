const HOUR_MS = 3_600_000

/** Spans of the filter, by their value in the URL. */
export const SPANS: Readonly<Record<string, { readonly text: string; readonly ms: number }>> = {
  '1h': { text: '1 hour ago', ms: HOUR_MS },
  '24h': { text: '24 hours ago', ms: 24 * HOUR_MS },
  '7d': { text: '7 days ago', ms: 7 * 24 * HOUR_MS },
  '30d': { text: '30 days ago', ms: 30 * 24 * HOUR_MS },
}
