import { describe, expect, onTestFinished, test } from 'vitest'
import type { StoredSession } from './sessions.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

export function makeSession(id: string, given: Partial<StoredSession> = {}): StoredSession {
  return {
    id,
    hash: 'a'.repeat(64),
    keyId: 'key-1',
    person: 'Ada',
    createdAt: 1_000,
    usedAt: 1_000,
    expiresAt: 9_000,
    ...given,
  }
}

/** The promises of every {@link SessionStore}. */
export function describeSessions(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => {
    const { fixture, stores } = await openForTest(makeFixture)
    return { fixture, sessions: stores.sessions }
  }

  describe(`the ${name} sessions`, () => {
    test('are found by id and listed by age', async () => {
      const { sessions } = await given()
      const [first, second] = [makeSession('b'), makeSession('a', { createdAt: 2_000 })]
      const nameless = makeSession('c', { person: undefined, createdAt: 3_000 })
      for (const one of [second, first, nameless]) await sessions.create(one)

      expect(await sessions.find('a')).toEqual(second)
      expect(await sessions.find('c')).toEqual(nameless)
      expect(await sessions.find('other')).toBeUndefined()
      expect(await sessions.list()).toEqual([first, second, nameless])
    })

    test('remember their latest use', async () => {
      const { sessions } = await given()
      await sessions.create(makeSession('a'))
      await sessions.recordUse('a', 5_000)
      await sessions.recordUse('a', 4_000)

      expect(await sessions.find('a')).toEqual(makeSession('a', { usedAt: 5_000 }))
      expect(await sessions.list()).toEqual([makeSession('a', { usedAt: 5_000 })])
    })

    test('are gone once they are deleted, also after a late use', async () => {
      const { sessions } = await given()
      await sessions.create(makeSession('a'))
      await sessions.delete('a')
      await sessions.recordUse('a', 5_000)
      await sessions.delete('a')

      expect(await sessions.find('a')).toBeUndefined()
      expect(await sessions.list()).toEqual([])
    })

    test('are pruned when they have expired, or were not used', async () => {
      const { sessions } = await given()
      await sessions.create(makeSession('kept', { usedAt: 6_000 }))
      await sessions.create(makeSession('expired', { usedAt: 6_000, expiresAt: 6_999 }))
      await sessions.create(makeSession('idle', { usedAt: 4_000 }))
      await sessions.recordUse('idle', 4_999)
      await sessions.prune({ expiredBefore: 7_000, usedBefore: 5_000 })

      expect((await sessions.list()).map(({ id }) => id)).toEqual(['kept'])
    })

    if (makeFixture().openReplica === undefined) return

    test('are those of every server', async () => {
      const { fixture, sessions } = await given()
      const other = await fixture.openReplica!()
      onTestFinished(() => other.close())
      await sessions.create(makeSession('a'))

      expect(await other.sessions.find('a')).toEqual(makeSession('a'))
      await other.sessions.delete('a')
      expect(await sessions.find('a')).toBeUndefined()
    })
  })
}
