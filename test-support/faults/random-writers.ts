import type { Change } from '../../packages/core/src/schema/index.ts'
import { write } from './careful-client.ts'
import { type RandomChange, REFUSALS } from './random-changes.ts'

const WRITERS = 4

/** The acknowledged changes, compared with the log. */
export interface KeptChanges {
  /** Number of acknowledged changes. Kills that a server has kept for Redis count as well. */
  readonly acknowledged: number
  /** Reasons of acknowledged changes that the log lacks. */
  readonly lost: readonly string[]
  /** Reasons of changes that the log holds twice. */
  readonly repeated: readonly string[]
}

/** Sends changes, some at a time. @param numbers acknowledged changes, to which it adds its own */
export function startWriters(url: string, changes: readonly RandomChange[], numbers: number[]) {
  /** Numbers of changes, by reason. */
  const stored = new Map<string, number>()
  /** Reasons of kills that a server will commit, with their flags. */
  const local = new Map<string, string>()
  let begun = 0
  let ended = 0
  const send = async ({ reason, path, ...change }: RandomChange) => {
    const request = { ...change, path: path(numbers), refusals: REFUSALS }
    const response = await write(url, request)
    const answer = (await response.json()) as { readonly changed?: readonly { flag: string }[] }
    const number = response.headers.get('flaghoist-change')
    const [killed] = answer.changed ?? []
    if (number !== null) {
      stored.set(reason, Number(number))
      numbers.push(Number(number))
    } else if (response.status === 202 && killed !== undefined) local.set(reason, killed.flag)
  }
  const sendAll = async () => {
    while (begun < changes.length) {
      await send(changes[begun++]!)
      ended += 1
    }
  }
  const finished = Promise.all(Array.from({ length: WRITERS }, sendAll))
  finished.catch(() => undefined)
  return {
    finished,
    /** Returns the number of changes that were acknowledged or refused. */
    ended: () => ended,
    /** Compares the acknowledged changes with a log. */
    compare(log: readonly Change[]): KeptChanges {
      const kills = log.filter(({ action }) => action === 'flag.kill')
      const isKilled = (flag: string) =>
        kills.some(({ edits }) => edits.some(({ key }) => key.startsWith(`${flag}@`)))
      const counts = new Map<string, number>()
      // A client that repeats a kill wants another one.
      for (const { reason = '', action } of log)
        if (action !== 'flag.kill') counts.set(reason, (counts.get(reason) ?? 0) + 1)
      const lost = [
        ...[...stored].filter(([reason, number]) => log[number - 1]?.reason !== reason),
        // A server drops a kill that another one has committed meanwhile.
        ...[...local].filter(([, flag]) => !isKilled(flag)),
      ]
      return {
        acknowledged: stored.size + local.size,
        lost: lost.map(([reason]) => reason),
        repeated: changes.flatMap(({ reason }) => ((counts.get(reason) ?? 0) > 1 ? reason : [])),
      }
    },
  }
}
