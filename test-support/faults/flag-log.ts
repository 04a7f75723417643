import { ask, FLAG, PROJECT } from './admin.ts'

interface Layer {
  readonly on?: boolean
  readonly killed?: object
}
interface Change {
  readonly seq: number
  readonly edits: readonly { readonly key: string; readonly after: Layer | null }[]
}

/** Returns the value of the flag by version, as the log says. */
export async function readLog(url: string): Promise<ReadonlyMap<number, boolean>> {
  const values = new Map<number, boolean>()
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
    values.set(seq, !isKilled && layers.get(`${FLAG}@production`)?.on === true)
  }
  return values
}

/** Checks a version and the value that was served with it. */
export function isRight(served: string, log: ReadonlyMap<number, boolean>): boolean {
  const [version, value] = served.split(' ')
  return version === '0' || String(log.get(Number(version))) === value
}
