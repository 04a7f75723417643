import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { TestCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import { waitUntil } from './wait-until.ts'

const CLUSTER_SLOTS = 16_384

/** The processes that run. A test that ends early must leave none behind. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A redis-server of its own, on a free port of this machine. */
export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Kills the server without warning. */
  kill(): Promise<void>
  /** Starts a killed server again, on the same port and with what its files hold. */
  restart(): Promise<void>
  /** Stops the server and removes its files. */
  stop(): Promise<void>
}

/** Starts a server that has each write on the disk before it answers. */
export async function startRedis(...options: readonly string[]): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-redis-'))
  const port = await freePort()
  let child = await spawnRedis(port, folder, options)
  const kill = async (signal: NodeJS.Signals) => {
    const gone = once(child, 'exit')
    if (child.kill(signal)) await gone
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => kill('SIGKILL'),
    async restart() {
      child = await spawnRedis(port, folder, options)
    },
    async stop() {
      await kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts a server whose URL has a port with TLS. Its other port has none.
 * @param certificate of 127.0.0.1
 */
export async function startEncryptedRedis(
  certificate: TestCertificate,
  ...options: readonly string[]
): Promise<TestRedis> {
  const port = `${await freePort()}`
  const tls = tlsSettings(certificate).flatMap(([name, value]) => [`--${name}`, value])
  const redis = await startRedis('--tls-port', port, ...tls, ...options)
  return { ...redis, url: `rediss://127.0.0.1:${port}` }
}

export interface ClusterOptions {
  /** Of 127.0.0.1. The URL has ports with TLS then. */
  readonly certificate?: TestCertificate
  /** Each master has a replica, which replaces it some seconds after it is gone. */
  readonly hasReplicas?: boolean
}

export interface TestCluster extends Pick<TestRedis, 'url' | 'stop'> {
  /** Returns the master that holds a key now; undefined while the other nodes know none. */
  masterOf(key: string): Promise<TestRedis | undefined>
}

/**
 * Starts three masters that share all slots. They accept commands some two seconds later: clients
 * wait for it.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { certificate, hasReplicas } = options
  const start = () => startNode(options)
  const masters = await Promise.all([start(), start(), start()])
  const replicas = hasReplicas ? await Promise.all([start(), start(), start()]) : []
  const nodes = [...masters, ...replicas]
  const share = Math.ceil(CLUSTER_SLOTS / masters.length)
  for (const [i, { port }] of masters.entries()) {
    const last = Math.min((i + 1) * share, CLUSTER_SLOTS) - 1
    await redisCli(port, 'CLUSTER', 'SET-CONFIG-EPOCH', `${i + 1}`)
    await redisCli(port, 'CLUSTER', 'ADDSLOTSRANGE', `${i * share}`, `${last}`)
  }
  for (const { port } of nodes)
    for (const other of nodes)
      if (other.port !== port)
        await redisCli(port, 'CLUSTER', 'MEET', '127.0.0.1', `${other.port}`, `${other.bus}`)
  await Promise.all(replicas.map(({ port }, i) => replicate(masters[i]!.port, port)))
  const hosts = nodes.map(({ url }) => new URL(url).host)
  return {
    url: `redis${certificate ? 's' : ''}+cluster://${hosts.join(',')}`,
    async masterOf(key) {
      for (const node of nodes) {
        const reply = await redisCli(node.port, 'EXISTS', key).catch(() => '')
        if (/^\d/.test(reply)) return node
        const moved = /MOVED \d+ .*:(\d+)/.exec(reply)
        if (moved) return nodes.find(({ port }) => `${port}` === moved[1])
      }
      return undefined
    },
    async stop() {
      await Promise.all(nodes.map(({ stop }) => stop()))
    },
  }
}

async function startNode({ certificate, hasReplicas }: ClusterOptions) {
  const bus = await freePort()
  const options = [
    ...['--cluster-enabled', 'yes', '--cluster-port', `${bus}`],
    ...(hasReplicas ? ['--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'] : []),
  ]
  const node = certificate
    ? await startEncryptedRedis(certificate, ...options, '--tls-cluster', 'yes')
    : await startRedis(...options)
  return { ...node, bus }
}

/** Makes a node the replica of a master, and waits until it is in step with it. */
async function replicate(master: number, replica: number): Promise<void> {
  const id = (await redisCli(master, 'CLUSTER', 'MYID')).trim()
  await waitUntil('the replica knows its master', async () => {
    return (await redisCli(replica, 'CLUSTER', 'REPLICATE', id)).startsWith('OK')
  })
  await waitUntil('the replica is in step', () => hasReplicaInStep(master))
}

/** Returns true if a replica receives each write of a master. */
export async function hasReplicaInStep(port: number): Promise<boolean> {
  return (await redisCli(port, 'INFO', 'replication')).includes('state=online')
}

export interface SentinelOptions {
  /** Certificate of 127.0.0.1; the Sentinel and its connections use TLS then. */
  readonly certificate?: TestCertificate | undefined
  /** Password that the Sentinel itself requires. */
  readonly password?: string | undefined
}

/** Starts a Sentinel that calls a master "main". It replaces a dead one after half a second. */
export async function startSentinel(
  master: TestRedis,
  { certificate, password }: SentinelOptions = {},
): Promise<Pick<TestRedis, 'url' | 'stop'>> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const tls: Settings = certificate
    ? [
        ['port', '0'],
        ['tls-port', `${port}`],
        ['tls-replication', 'yes'],
        ...tlsSettings(certificate),
      ]
    : [['port', `${port}`]]
  const settings = [
    ...tls.map((setting) => setting.join(' ')),
    ...(password ? [`requirepass ${password}`] : []),
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${new URL(master.url).port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000',
  ]
  writeFileSync(file, settings.join('\n'))
  const child = await spawnServer([file, '--sentinel'], '+monitor master main')
  return {
    url: `redis${certificate ? 's' : ''}+sentinel://127.0.0.1:${port}/main`,
    async stop() {
      const gone = once(child, 'exit')
      if (child.kill('SIGKILL')) await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Settings = readonly (readonly [name: string, value: string])[]

function tlsSettings({ certFile, keyFile }: TestCertificate): Settings {
  return [
    ['tls-cert-file', certFile],
    ['tls-key-file', keyFile],
    ['tls-ca-cert-file', certFile],
    ['tls-auth-clients', 'no'],
  ]
}

/** Resolves once a replica has all of its master, and an append-only file of its own. */
export async function waitForReplica(master: TestRedis, replica: TestRedis): Promise<void> {
  const says = async ({ port }: TestRedis, section: string, ...lines: readonly string[]) => {
    const info = await redisCli(port, 'INFO', section)
    return lines.every((line) => info.includes(line))
  }
  const file = ['aof_rewrite_in_progress:0', 'aof_rewrite_scheduled:0']
  while (
    !(await says(master, 'replication', 'state=online')) ||
    !(await says(replica, 'replication', 'master_link_status:up')) ||
    !(await says(replica, 'persistence', ...file))
  )
    await sleep(20)
}

/** Runs a command on a server and returns the text of its reply. */
export async function redisCli(port: number, ...command: readonly string[]): Promise<string> {
  const args = ['-h', '127.0.0.1', '-p', `${port}`, ...command]
  return (await promisify(execFile)('redis-cli', args)).stdout
}

async function spawnRedis(
  port: number,
  folder: string,
  options: readonly string[],
): Promise<ChildProcess> {
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder]
  return spawnServer([...place, ...durable, ...options], 'Ready to accept connections')
}

/** Starts a process, and waits until it has printed a text. */
async function spawnServer(args: readonly string[], sign: string): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const failed = once(child, 'exit').then(() => {
    running.delete(child)
    throw new Error(`redis-server ended: ${output}`)
  })
  let output = ''
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-4_096)
      if (output.includes(sign)) resolve()
    })
  })
  await Promise.race([ready, failed])
  failed.catch(() => undefined)
  return child
}
