import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../test-support/certificate.ts'
import { startCluster, startEncryptedRedis, startSentinel } from '../../../test-support/redis.ts'
import { folder, run } from './server-process.ts'

const ADMIN_KEY = `fh_admin_${'k'.repeat(48)}`
const authorization = `Bearer ${ADMIN_KEY}`

/** A certificate that only servers trust whose environment names it. */
const certificate = () => makeCertificate(folder(), 'IP:127.0.0.1')

function settingsFor(url: string): Record<string, string> {
  return {
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FLAGHOIST_DATA_DIR: folder(),
    FLAGHOIST_REDIS_PREFIX: randomUUID(),
    FLAGHOIST_REDIS_URL: url,
    FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
  }
}

const kinds = {
  server: (tls: ReturnType<typeof certificate>) =>
    startEncryptedRedis(tls, '--requirepass', 'p@ss').then(({ url, stop }) => ({
      url: url.replace('//', '//:p%40ss@'),
      stop,
    })),
  Cluster: (tls: ReturnType<typeof certificate>) => startCluster({ certificate: tls }),
  async Sentinel(tls: ReturnType<typeof certificate>) {
    const master = await startEncryptedRedis(tls)
    const sentinel = await startSentinel(master, { certificate: tls })
    return { ...sentinel, stop: () => Promise.all([master.stop(), sentinel.stop()]) }
  },
}

test.for(Object.entries(kinds))(
  'servers share a Redis %s over TLS, whose certificate they trust',
  async ([, startKind]) => {
    const tls = certificate()
    const redis = await startKind(tls)
    onTestFinished(async () => void (await redis.stop()))
    const settings = { ...settingsFor(redis.url), NODE_EXTRA_CA_CERTS: tls.certFile }
    const [one, other] = [run(settings), run(settings)]

    const made = await fetch(`${await one.url()}/api/v1/projects/default/flags`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{ "key": "search" }',
    })

    expect(made.status).toBe(201)
    const path = `${await other.url()}/api/v1/projects/default/flags/search`
    const statusThere = () => fetch(path, { headers: { authorization } }).then((got) => got.status)
    await expect.poll(statusThere).toBe(200)
  },
)

test('a server names the certificate that it does not trust, and does not start', async () => {
  const redis = await startEncryptedRedis(certificate())
  onTestFinished(() => redis.stop())
  const server = run(settingsFor(redis.url))

  expect(await server.exited).toBe(1)
  expect(server.output()).toContain('Redis cannot be read or written: self-signed certificate')
})
