import { get, type IncomingMessage } from 'node:http'
import { quantile } from '../quantile.ts'
import type { StreamingTarget } from './requests.ts'

const ID = /^id: [^.\n]+\.(\d+)\./gm

/** Open event streams, and the last arrival of each version. */
export interface Streams {
  /**
   * Returns quantiles of the time from a change to the last stream that received it, ms.
   * @param changes time of each change, epoch ms, by version
   */
  delays(changes: ReadonlyMap<number, number>, parts: readonly number[]): readonly number[]
  close(): void
}

/** Opens streams. k6 cannot read one before its end. */
export async function openStreams(
  { url, headers }: StreamingTarget['stream'],
  count: number,
): Promise<Streams> {
  const arrivals = new Map<number, { streams: number; last: number }>()
  const open = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const sent = get(url, { headers, agent: false })
      sent.on('error', reject)
      sent.on('response', (response) => {
        response.setEncoding('latin1').on('data', (text: string) => {
          note(arrivals, text)
          resolve(response)
        })
        response.on('error', () => {})
      })
    })
  const opened = await Promise.all(Array.from({ length: count }, open))
  return {
    delays(changes, parts) {
      const delays = [...changes].flatMap(([version, at]) => {
        const arrival = arrivals.get(version)
        return arrival?.streams === count ? [arrival.last - at] : []
      })
      if (delays.length < changes.size / 2)
        throw new Error(`${changes.size - delays.length} changes did not reach every stream.`)
      return parts.map((part) => quantile(delays, part))
    },
    close() {
      for (const response of opened) response.destroy()
    },
  }
}

/** Frames are short, so that a chunk ends within one rarely; such a change is left out. */
function note(arrivals: Map<number, { streams: number; last: number }>, text: string): void {
  const last = performance.timeOrigin + performance.now()
  for (const [, version] of text.matchAll(ID)) {
    const arrival = arrivals.get(Number(version)) ?? { streams: 0, last }
    arrivals.set(Number(version), { streams: arrival.streams + 1, last })
  }
}
