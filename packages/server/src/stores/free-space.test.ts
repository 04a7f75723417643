import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFreeSpace, freeBytesOf } from './free-space.ts'

const MIB = 2 ** 20

test('a disk that runs full is named once, and once more when it has space again', async () => {
  const warnings: string[] = []
  let [time, free] = [0, 8 * MIB]
  const space = createFreeSpace({
    freeBytes: async () => free,
    minBytes: 8 * MIB,
    elapsed: () => time,
    warn: (message) => warnings.push(message),
  })
  const checkAfter = async (bytes: number) => {
    time += 1_000
    free = bytes
    return (await space.check()).isEnough
  }

  expect(await checkAfter(8 * MIB)).toBe(true)
  expect(await checkAfter(8 * MIB - 1)).toBe(false)
  expect(await checkAfter(0)).toBe(false)
  expect(await checkAfter(8 * MIB)).toBe(true)
  expect(warnings).toEqual([
    expect.stringContaining('less than 8 MiB of free space'),
    expect.stringContaining('has space again'),
  ])
})

test('a disk that cannot be measured stops no events', async () => {
  const space = createFreeSpace({
    freeBytes: () => Promise.reject(new Error('EIO')),
    minBytes: MIB,
    elapsed: () => 0,
    warn: () => {
      throw new Error('must not warn')
    },
  })
  expect(await space.check()).toEqual({ bytes: undefined, isEnough: true })
})

test('the disk of a folder is measured, and memory has none', async () => {
  expect(await freeBytesOf(tmpdir())).toBeGreaterThan(0)
  expect(await freeBytesOf(':memory:')).toBeUndefined()
  await expect(freeBytesOf(join(tmpdir(), 'no', 'folder'))).rejects.toThrow('ENOENT')
})
