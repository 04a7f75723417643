import { describe, expect, test } from 'vitest'
import {
  createMemory,
  createMemoryStores,
  type Memory,
} from '../src/stores/memory/memory-stores.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'

const OTHER_KEY = 'fh_admin_another-one-000000000000'
const SETTING = 'FLAGHOIST_ADMIN_KEY'

/** Runs a server over the same memory with a value of the setting, until the work is done. */
async function withKey<T>(
  memory: Memory,
  value: string,
  work: (server: TestServer) => Promise<T>,
): Promise<T> {
  const settings = { FLAGHOIST_ADMIN_KEY: value }
  await using server = await startTestServer(settings, createMemoryStores(memory))
  return await work(server)
}

/** The status of a request with each of the keys. */
const statuses = (keys: readonly string[]) => async (server: TestServer) =>
  Promise.all(keys.map(async (key) => (await server.ask('GET', 'flags', { key })).status))

interface Listed {
  readonly id: string
  readonly name: string
  readonly revokedAt?: string
}

async function keysOf(server: TestServer, key: string, project = 'default') {
  const path = `/api/v1/projects/${project}/keys`
  return (await server.ask<{ items: Listed[] }>('GET', path, { key })).body.items
}

/** Creates an admin key of all projects as a person does. */
async function makeAdmin(server: TestServer, name: string) {
  const body = { name, kind: 'admin', allProjects: true }
  return (await server.ask<{ secret: string }>('POST', 'keys', { body })).body.secret
}

async function lastChange(server: TestServer, key: string) {
  const { body } = await server.ask<{ items: Record<string, unknown>[] }>('GET', 'changes', { key })
  return { seq: body.items[0]!.seq, change: body.items[0]! }
}

describe('FLAGHOIST_ADMIN_KEY', () => {
  test('retires the key of its former value, as a change with a reason', async () => {
    const memory = createMemory()
    await withKey(memory, ADMIN_KEY, async () => undefined)

    await withKey(memory, OTHER_KEY, async (server) => {
      expect(await statuses([ADMIN_KEY, OTHER_KEY])(server)).toEqual([401, 200])
      const { change } = await lastChange(server, OTHER_KEY)
      expect(change).toMatchObject({
        action: 'apiKey.retire',
        actor: { kind: 'system' },
        reason: 'FLAGHOIST_ADMIN_KEY has changed.',
      })
    })
  })

  test('retires its key when it is removed, and no key of a person', async () => {
    const memory = createMemory()
    const person = await withKey(memory, ADMIN_KEY, (server) => makeAdmin(server, SETTING))

    const after = await withKey(memory, '', statuses([ADMIN_KEY, person]))

    expect(after).toEqual([401, 200])
  })

  test('brings a retired key back when it has the old value again', async () => {
    const memory = createMemory()
    await withKey(memory, ADMIN_KEY, async () => undefined)
    await withKey(memory, OTHER_KEY, async () => undefined)

    await withKey(memory, ADMIN_KEY, async (server) => {
      expect(await statuses([ADMIN_KEY, OTHER_KEY])(server)).toEqual([200, 401])
      expect(await keysOf(server, ADMIN_KEY)).toHaveLength(2)
    })
  })

  test('changes nothing at a restart with the same value', async () => {
    const memory = createMemory()
    const first = await withKey(memory, ADMIN_KEY, (server) => lastChange(server, ADMIN_KEY))

    const second = await withKey(memory, ADMIN_KEY, (server) => lastChange(server, ADMIN_KEY))

    expect(second.seq).toBe(first.seq)
  })

  test('does not bring a key back that a person has revoked', async () => {
    const memory = createMemory()
    const person = await withKey(memory, ADMIN_KEY, async (server) => {
      const secret = await makeAdmin(server, 'Ada')
      const [own] = (await keysOf(server, secret)).filter(({ name }) => name === SETTING)
      await server.ask('DELETE', `keys/${own!.id}`, { key: secret })
      return secret
    })

    const restarted = await withKey(memory, ADMIN_KEY, statuses([ADMIN_KEY, person]))
    const rotated = await withKey(memory, OTHER_KEY, statuses([ADMIN_KEY, OTHER_KEY]))

    expect(restarted).toEqual([401, 200])
    expect(rotated).toEqual([401, 200])
  })

  test('retires the keys that it created in any project', async () => {
    const memory = createMemory()
    await withKey(memory, ADMIN_KEY, async (server) => {
      // Sorts before the project that holds the first key.
      await server.ask('POST', '/api/v1/projects', { body: { key: 'a' } })
    })
    await withKey(memory, OTHER_KEY, async (server) => {
      const names = (await keysOf(server, OTHER_KEY, 'a')).map(({ name }) => name)
      expect(names).toEqual([SETTING])
    })

    const after = await withKey(memory, '', statuses([ADMIN_KEY, OTHER_KEY]))

    expect(after).toEqual([401, 401])
  })

  test('grants a client key nothing', async () => {
    const memory = createMemory()
    const client = await withKey(memory, ADMIN_KEY, (server) =>
      server.makeKey('client', 'production'),
    )

    await withKey(memory, client, async (server) => {
      expect(await statuses([client])(server)).toEqual([403])
      expect((await server.ask('GET', '/sdk/v1/ruleset', { key: client })).status).toBe(200)
    })
  })
})
