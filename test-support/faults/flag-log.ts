import { ask, FLAG, PROJECT } from './admin.ts'

interface Layer {
  readonly on?: boolean
  readonly killed?: object
}
interface Change {
  readonly seq: number
  readonly edits: readonly { readonly key: string; readonly after: Layer | null }[]
}

/** The values by version that SDKs may serve. */
type FlagLog = ReadonlyMap<number, ReadonlySet<boolean>>

/**
 * Returns the values of the flag that the log permits. A kill that is not committed within 100 ms
 * applies at once, to the version before its own.
 */
export async function readLog(url: string): Promise<FlagLog> {
  const values = new Map<number, Set<boolean>>()
  const changes: Change[] = []
  let cursor = ''
  for (;;) {
    const page = await ask<{ items: Change[]; next?: string }>(
      url,
      'GET',
      `${PROJECT}/changes?limit=100${cursor}`,
    )
    changes.push(...page.items)
    if (page.next === undefined) break
    cursor = `&cursor=${page.next}`
  }
  const layers = new Map<string, Layer | null>()
  for (const { seq, edits } of changes.toSorted((a, b) => a.seq - b.seq)) {
    for (const { key, after } of edits) layers.set(key, after)
    const isKilled = [...layers.values()].some((layer) => layer?.killed !== undefined)
    values.set(seq, new Set([!isKilled && layers.get(`${FLAG}@production`)?.on === true]))
    if (isKilled) values.get(seq - 1)?.add(false)
  }
  return values
}

/** Checks a version and the value that was served with it. */
export function isRight(served: string, log: FlagLog): boolean {
  const [version, value] = served.split(' ')
  return version === '0' || log.get(Number(version))?.has(value === 'true') === true
}
