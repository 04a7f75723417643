import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { CopyOnWriteMap } from '../copy-on-write-map.ts'
import { changedKeys } from './changed-keys.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('no comparison keeps the maps of earlier versions in memory', async () => {
  let last = new CopyOnWriteMap<number>()
  const earlier: WeakRef<object>[] = []
  for (let i = 0; i < 5; i += 1) {
    const next = last.copy().set('key', i)
    expect(changedKeys(last, next)).toEqual(['key'])
    earlier.push(new WeakRef(last))
    last = next
  }
  // A referenced object lives until the end of the turn.
  await new Promise((resolve) => setTimeout(resolve))
  collectGarbage()

  expect(earlier.slice(0, -1).filter((one) => one.deref() !== undefined)).toEqual([])
  expect(last.get('key')).toBe(4)
})
