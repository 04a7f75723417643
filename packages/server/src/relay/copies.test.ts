import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { folder } from '../../test/server-process.ts'
import { problem } from '../errors.ts'
import { openCopies } from './copies.ts'
import { createRelayKeys } from './relay-keys.ts'

const UPSTREAM = 'http://127.0.0.1:4400'
const KEY_REFUSED = problem('KEY_UNKNOWN', {})
const noCopyIsWritten = async () => undefined

/** A folder with copies of a key: one of its scope, and one of an instance. */
async function givenCopies() {
  const dataDir = folder()
  const none = () => undefined
  const keys = createRelayKeys(['fh_server_of-a-relay'], none, none).all
  const key = keys[0]!
  const own = { source: key.keyId, key, isOfKey: true }
  const other = { source: `${key.keyId}?instance=acme`, key, isOfKey: false }
  const open = () => openCopies(dataDir, UPSTREAM, keys)
  const copies = open()
  await copies.of(own)!.write('own')
  await copies.of(other)!.write('other')
  const texts = () => [own, other].map((owner) => copies.of(owner)!.read())
  return { keyFolder: join(dataDir, 'relay', key.keyId), copies, own, other, open, texts }
}

describe('a refusal of a key', () => {
  test('is stored before the copies are removed, which waits for one that is written', async () => {
    const { copies, own, texts } = await givenCopies()
    let endWrite = () => {}
    const written = new Promise<void>((resolve) => {
      endWrite = resolve
    })
    const refused = copies.refuse(own, KEY_REFUSED, () => written)

    await expect.poll(() => copies.refusalOf(own)).toMatchObject({ code: 'KEY_UNKNOWN' })
    expect(texts()).toEqual(['own', 'other'])
    endWrite()
    await refused

    expect(texts()).toEqual([undefined, undefined])
    expect(copies.refusalOf(own)).toMatchObject({ code: 'KEY_UNKNOWN' })
  })

  test('removes the copies at the next start, if the process ended before it', async () => {
    const { copies, own, open, texts } = await givenCopies()
    void copies.refuse(own, KEY_REFUSED, () => new Promise(() => undefined))
    await expect.poll(() => copies.refusalOf(own)).toBeDefined()

    expect(open().refusalOf(own)).toMatchObject({ code: 'KEY_UNKNOWN' })
    expect(texts()).toEqual([undefined, undefined])
  })

  test('outlives the refusal of another connection of the key', async () => {
    const { copies, own, other, texts } = await givenCopies()
    await copies.refuse(own, KEY_REFUSED, noCopyIsWritten)
    await copies.refuse(other, KEY_REFUSED, noCopyIsWritten)

    expect(copies.refusalOf(own)).toMatchObject({ code: 'KEY_UNKNOWN' })
    expect(texts()).toEqual([undefined, undefined])
  })

  test('is not stored after an admission that follows it', async () => {
    const { copies, own, texts } = await givenCopies()
    const save = () => copies.of(own)!.write('served again')
    void copies.refuse(own, KEY_REFUSED, noCopyIsWritten)
    void copies.admit(own, save)
    await copies.flush()

    expect(copies.refusalOf(own)).toBeUndefined()
    expect(texts()).toEqual(['served again', undefined])
  })

  test('removes the copies although it cannot be stored', async () => {
    const { keyFolder, copies, own, texts } = await givenCopies()
    writeFileSync(join(keyFolder, 'refusal'), '')

    await expect(copies.refuse(own, KEY_REFUSED, noCopyIsWritten)).rejects.toThrow()

    expect(texts()).toEqual([undefined, undefined])
  })
})

test('a refusal of a scope removes its copy only', async () => {
  const { copies, other, texts } = await givenCopies()
  const refusal = problem('SCOPE_OUTSIDE_KEY', { scope: 'staging', bound: 'production' })
  await copies.refuse(other, refusal, noCopyIsWritten)

  expect(texts()).toEqual(['own', undefined])
})
