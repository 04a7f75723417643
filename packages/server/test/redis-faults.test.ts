import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { compile } from '@flaghoist/core/model'
import { expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { startRedis, type TestRedis } from '../../../test-support/redis.ts'
import { openRedisStores } from '../src/stores/redis/redis-stores.ts'
import { parseRedisUrl } from '../src/stores/redis/redis-url.ts'
import { openSdk, write } from './fault-clients.ts'
import { ADMIN_KEY } from './http-server.ts'
import { run } from './server-process.ts'
import { openShop } from './shop.ts'

/** `FLAGHOIST_FAULTS=10` runs ten times the SDKs and sixteen times the changes. */
const SIZE = Number(process.env.FLAGHOIST_FAULTS ?? 1)
const SDKS = 30 * SIZE
const CHANGES = SIZE === 1 ? 120 : 200 * SIZE
const WRITERS = 4
const FLAGS = 8
const PREFIX = 'faults'

/** A server process that is killed and started again on the same port. */
interface Server {
  readonly port: number
  kill(): Promise<unknown>
  start(): Promise<unknown>
}

async function startServerOn(redis: TestRedis): Promise<Server> {
  const port = await freePort()
  const settings = {
    FLAGHOIST_PORT: `${port}`,
    FLAGHOIST_REDIS_URL: redis.url,
    FLAGHOIST_REDIS_PREFIX: PREFIX,
    FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
  }
  let server: ReturnType<typeof run> | undefined
  const start = async () => {
    // A server cannot start without Redis, which may be gone for a while.
    for (;;) {
      server = run(settings)
      const started = server.url().then(
        () => true,
        () => false,
      )
      if (await started) return
    }
  }
  await start()
  return {
    port,
    start,
    async kill() {
      server!.child.kill('SIGKILL')
      await server!.exited
    },
  }
}

/** Passes each connection on to the next server that accepts it, as a plain TCP balancer does. */
async function startBalancer(ports: readonly number[]): Promise<string> {
  const sockets = new Set<Socket>()
  let next = 0
  const pass = (client: Socket, attempts: number) => {
    if (attempts === 0) return client.destroy()
    const server = connect(ports[next++ % ports.length]!, '127.0.0.1')
    server.once('error', () => pass(client, attempts - 1))
    server.once('connect', () => {
      server.removeAllListeners('error').on('error', () => client.destroy())
      server.on('close', () => client.destroy())
      client.on('close', () => server.destroy())
      client.pipe(server).pipe(client)
    })
    return undefined
  }
  const balancer = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined).on('close', () => sockets.delete(client))
    pass(client, ports.length)
  })
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    balancer.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(balancer.address() as { port: number }).port}`
}

test(
  'no change is lost and every SDK ends right, whatever is killed',
  async ({ annotate }) => {
    // Each SDK warns of each fault.
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const servers = await Promise.all([1, 2, 3].map(() => startServerOn(redis)))
    const url = await startBalancer(servers.map(({ port }) => port))
    for (let i = 0; i < FLAGS; i += 1) await write(url, 'POST', 'flags', { key: `flag-${i}` })
    const made = await write(url, 'POST', 'keys', {
      name: 'sdk',
      kind: 'server',
      scope: 'production',
    })
    const { secret } = (await made.json()) as { secret: string }
    const sdks = await Promise.all(Array.from({ length: SDKS }, () => openSdk(url, secret)))

    const acknowledged: string[] = []
    let started = 0
    const writeAll = async () => {
      while (started < CHANGES) {
        const reason = `change-${started++}`
        const flag = `flag-${Math.floor(Math.random() * FLAGS)}`
        const body = { on: Math.random() < 0.5, note: { reason } }
        await write(url, 'PUT', `flags/${flag}/layers/production?reason=${reason}`, body)
        acknowledged.push(reason)
      }
    }
    const half = (server: Server) => server.kill().then(server.start)
    const faults = [
      () => half(servers[0]!),
      () =>
        redis
          .kill()
          .then(() => sleep(200))
          .then(redis.restart),
      () => Promise.all([half(servers[1]!), redis.kill().then(redis.restart)]),
      () => half(servers[2]!),
    ]
    const injectAll = async () => {
      for (let i = 0; i < faults.length * Math.ceil(SIZE / 2); i += 1) {
        const due = (CHANGES * (i + 0.5)) / (faults.length * Math.ceil(SIZE / 2))
        await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(due - 1)
        await faults[i % faults.length]!()
      }
    }
    const startedAt = performance.now()
    await Promise.all([injectAll(), ...Array.from({ length: WRITERS }, writeAll)])
    const writtenAt = performance.now()

    const stores = await openRedisStores({
      address: parseRedisUrl(redis.url)!,
      prefix: PREFIX,
      durability: 'disk',
      replicas: 0,
    })
    onTestFinished(() => stores.close())
    const { projects } = await openShop(stores)
    const log = await stores.log.read('default', 0, 100_000)
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1))
    expect(projects.get('default').state.version).toBe(log.length)
    const reasons = log.flatMap(({ reason }) => (reason?.startsWith('change-') ? [reason] : []))
    expect(reasons.toSorted()).toEqual(acknowledged.toSorted())

    const rulesetOf = async ({ port }: Server) => {
      const headers = { authorization: `Bearer ${secret}` }
      const response = await fetch(`http://127.0.0.1:${port}/sdk/v1/ruleset`, { headers })
      return response.text()
    }
    const heldAnywhere = async () => {
      const served = await Promise.all(servers.map(rulesetOf))
      return new Set([...served, ...sdks.map(({ cached }) => cached())])
    }
    await expect.poll(async () => (await heldAnywhere()).size, { timeout: 15_000 }).toBe(1)
    const rightAt = performance.now()
    const [held] = await heldAnywhere()
    const { state, epoch } = projects.get('default')
    const expected = compile(state, { scope: 'production', audience: 'server', epoch })
    expect(JSON.parse(held!).flags).toEqual(JSON.parse(JSON.stringify(expected)).flags)
    await annotate(
      JSON.stringify({
        acknowledged: acknowledged.length,
        sdks: SDKS,
        writtenMs: Math.round(writtenAt - startedAt),
        rightMs: Math.round(rightAt - writtenAt),
      }),
    )
    expect(sdks.flatMap(({ backwards }) => backwards)).toEqual([])
  },
  60_000 * SIZE,
)
