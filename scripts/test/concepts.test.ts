import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bucketOf } from '../../packages/core/src/index.ts'

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const ROW = /^\| `(\w+)` \| ([\d,]+) \|(.*)\|$/gm

/** The units of the table, each with its bucket and the shares that treat it. */
const units = [...read('concepts.md').matchAll(ROW)].map(([, unit, bucket, shares]) => ({
  unit: unit!,
  bucket: Number(bucket!.replaceAll(',', '')),
  isTreated: shares!.split('|').map((cell) => cell.includes('on')),
}))

test('the table of concepts shows real buckets, and the shares that treat them', () => {
  expect(units).toHaveLength(4)
  for (const { unit, bucket, isTreated } of units) {
    expect(bucketOf('new-checkout', unit)).toBe(bucket)
    expect(isTreated).toEqual([10, 25, 50, 10].map((share) => bucket < share * 1_000))
  }
})

test('the picture marks each unit at its bucket', () => {
  const picture = read('concepts.svg')
  const ticks = [...picture.matchAll(/M([\d.]+) 550v52/g)].map(([, x]) => Number(x))
  const names = [...picture.matchAll(/y="542">(\w+)</g)].map(([, name]) => name!)

  expect(names).toHaveLength(8)
  // The bar begins at 60 and is 840 wide.
  for (const [i, name] of names.entries())
    expect(ticks[i]).toBeCloseTo(60 + (840 * bucketOf('new-checkout', name)) / 100_000, 0)
})
