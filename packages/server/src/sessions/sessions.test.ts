import { expect, test } from 'vitest'
import { problem } from '../errors.ts'
import type { ApiKeys } from '../keys/api-keys.ts'
import { createMemorySessions } from '../stores/memory/memory-sessions.ts'
import { createSessions } from './sessions.ts'

const principal = {
  keyId: 'k',
  name: 'Key',
  kind: 'admin',
  project: '*',
  scope: undefined,
} as const

/** Sessions over a store that fails while `isDown` is true. */
function given() {
  const world = { isDown: false, now: 0 }
  const store = createMemorySessions(new Map())
  const fail = async () => {
    throw problem('REDIS_UNAVAILABLE', { problem: 'it is down' })
  }
  const failing = new Proxy(store, {
    get: (target, name: keyof typeof store) => (world.isDown ? fail : target[name]),
  })
  const keys = { authenticateId: () => principal, isLive: () => true } as unknown as ApiKeys
  const options = { store: failing, keys, now: () => world.now, onListenerError: console.error }
  return { world, open: () => createSessions(options) }
}

test('a session outlasts a failure of the store on the server that knows it', async () => {
  const { world, open } = given()
  const [known, unknown] = [open(), open()]
  const { token, session } = await known.open(principal, 'Ada')
  await known.authenticate(token)
  world.isDown = true

  expect(await known.authenticate(token)).toMatchObject({ session: session.id, person: 'Ada' })
  await expect(unknown.authenticate(token)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
  await expect(known.end(session.id)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
  world.now += 2 * 60 * 60_000
  expect(await known.authenticate(token)).toBeUndefined()
})

test('a session that has ended stays ended while the store fails', async () => {
  const { world, open } = given()
  const sessions = open()
  const { token, session } = await sessions.open(principal, 'Ada')
  await sessions.authenticate(token)
  await sessions.end(session.id)
  world.isDown = true

  await expect(sessions.authenticate(token)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
})

test('an open stream keeps its session alive, and a listener learns of its end', async () => {
  const { world, open } = given()
  const sessions = open()
  const { session } = await sessions.open(principal, undefined)
  const ended: string[] = []
  sessions.onEnded((id) => ended.push(id))

  for (let minutes = 0; minutes < 120; minutes += 30) {
    expect(await sessions.keepAlive(session.id)).toBe(true)
    world.now += 30 * 60_000
  }
  await sessions.end(session.id)
  expect(await sessions.keepAlive(session.id)).toBe(false)
  expect(ended).toEqual([session.id])
})
