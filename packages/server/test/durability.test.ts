import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Change } from '@flaghoist/core/schema'
import { afterAll, expect, test } from 'vitest'
import { randomOf } from '../../../test-support/random.ts'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { createLossyDisk } from './lossy-disk.ts'
import { recordDisk } from './recorded-disk.ts'
import { openShop } from './shop.ts'

const LANES = 4
const ROUNDS = 15
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const writer = [
  '--conditions=@flaghoist/source',
  '--disable-warning=ExperimentalWarning',
  script('durability-writer.ts'),
]
const scratch = mkdtempSync(join(tmpdir(), 'flaghoist-durability-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A writer process, and what it has acknowledged so far: sequence number → hash. */
function startWriter(folder: string) {
  const child = spawn(process.execPath, [...writer, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const acknowledged = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ') as [string, string])
  return { child, acknowledged }
}

/** Kills a process that works, at a random instant; it says so when the process is gone. */
async function killSoon(child: ChildProcess, { isStarting }: { isStarting: boolean }) {
  if (!isStarting) await once(child.stdout!, 'data')
  await delay(Math.random() * (isStarting ? 400 : 60))
  const gone = once(child, 'close')
  child.kill('SIGKILL')
  expect(await gone).toEqual([null, 'SIGKILL'])
}

/** The log as a server finds it that starts now, once its chain is verified. */
async function readLog(folder: string): Promise<{ log: readonly Change[]; receipts: number }> {
  const { projects, stores } = await openShop(openSqliteStores(folder))
  const log = await stores.log.read('shop', 0, 1_000_000)
  const receipts = await Promise.all(
    log.map(({ reason }) => stores.log.receipt('shop', reason ?? '')),
  )
  expect(projects.list()[0]?.state.version ?? 0).toBe(log.length)
  await stores.close()
  return { log, receipts: receipts.filter(Boolean).length }
}

test('no acknowledged change is lost when its process is killed, in 60 rounds', async ({
  annotate,
}) => {
  const counted = { acknowledged: 0, lost: 0, unsaid: 0 }
  const lane = async (folder: string) => {
    const hashes = new Map<string, string>()
    for (let round = 0; round < ROUNDS; round += 1) {
      const { child, acknowledged } = startWriter(folder)
      await killSoon(child, { isStarting: round % 5 === 4 })
      for (const [seq, hash] of acknowledged()) hashes.set(seq, hash)

      const { log, receipts } = await readLog(folder)

      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1))
      expect(receipts).toBe(Math.max(0, log.length - 1))
      const kept = new Set(log.map(({ seq, hash }) => `${seq} ${hash}`))
      counted.lost += [...hashes].filter(([seq, hash]) => !kept.has(`${seq} ${hash}`)).length
      counted.unsaid = Math.max(counted.unsaid, log.length - hashes.size)
    }
    counted.acknowledged += hashes.size
  }

  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(join(scratch, `lane-${i}`))))

  await annotate(`killed 60 times: ${JSON.stringify(counted)}`)
  expect(counted.lost).toBe(0)
  expect(counted.acknowledged).toBeGreaterThan(LANES * ROUNDS)
}, 120_000)

const { uniform } = randomOf(20_261_127)
/** Parts of the unsynced writes that survive a power loss: none, the first ones, or any. */
const SURVIVALS = [
  () => () => false,
  () => {
    let isOn = true
    return () => {
      isOn &&= uniform() < 0.95
      return isOn
    }
  },
  () => () => uniform() < 0.5,
]

// strace, which records what the writer asks of the disk, exists on Linux alone.
test.skipIf(process.platform !== 'linux')(
  'no acknowledged change is lost by a power loss, at any instant',
  async ({ annotate }) => {
    const folder = join(scratch, 'power')
    // The second run begins after a checkpoint, with a new write-ahead log.
    const command = [process.execPath, ...writer, folder, '20']
    const steps = [...recordDisk(command, folder), ...recordDisk(command, folder)]
    const disk = createLossyDisk(folder)
    const acknowledged = new Set<string>()
    let losses = 0
    for (const step of steps) {
      disk.apply(step)
      if (step.kind === 'print') acknowledged.add(step.text.trim())
      else if (uniform() > 0.1) continue
      const survives = SURVIVALS[losses % SURVIVALS.length]!()
      losses += 1
      const left = join(scratch, `loss-${losses}`)
      writeFiles(left, disk.afterLoss(survives))
      const { log } = await readLog(left)
      rmSync(left, { recursive: true })
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1))
      const kept = new Set(log.map(({ seq, hash }) => `${seq} ${hash}`))
      expect([...acknowledged].filter((change) => !kept.has(change))).toEqual([])
    }
    await annotate(`${acknowledged.size} changes, ${losses} power losses`)
    expect(acknowledged.size).toBe(41)
  },
  120_000,
)

/** Writes the files of a data folder, without the index of the log, which lies in memory. */
function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): void {
  mkdirSync(folder, { mode: 0o700 })
  for (const [path, bytes] of files)
    if (!path.endsWith('-shm')) writeFileSync(join(folder, basename(path)), bytes)
}

test('the folder of a live process is refused, and free as soon as the process is killed', async () => {
  const folder = join(scratch, 'locked')
  const { child } = startWriter(folder)
  await once(child.stdout, 'data')

  expect(() => openSqliteStores(folder)).toThrow(
    expect.objectContaining({ code: 'STORE_LOCKED', message: expect.stringContaining(folder) }),
  )

  await killSoon(child, { isStarting: true })
  expect((await readLog(folder)).log.length).toBeGreaterThan(0)
})

/** True where the system can limit the size of files, so that writes fail as on a broken disk. */
const hasLimits = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

test.skipIf(!hasLimits)(
  'a disk that fails loses nothing, and nothing has to be restarted',
  async () => {
    const folder = join(scratch, 'full')
    const output = execFileSync(
      'prlimit',
      [
        '--fsize=1500000:',
        process.execPath,
        '--conditions=@flaghoist/source',
        script('full-disk-writer.ts'),
        folder,
      ],
      { encoding: 'utf8' },
    )
    const said = output
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    const versions = said.filter((what) => typeof what === 'number')

    expect(said.filter((what) => typeof what === 'string')).toEqual([
      ...Array(5).fill('STORE_UNAVAILABLE'),
      'checked',
    ])
    expect(versions).toEqual(versions.map((_, i) => i + 1))
    expect((await readLog(folder)).log).toHaveLength(versions.length)
  },
)
