import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Change } from '@flaghoist/core/schema'
import { afterAll, expect, test } from 'vitest'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { openShop } from './shop.ts'

const LANES = 4
const ROUNDS = 25
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const writer = script('durability-writer.ts')
const scratch = mkdtempSync(join(tmpdir(), 'flaghoist-durability-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A writer process, and what it has acknowledged so far: sequence number → hash. */
function startWriter(folder: string) {
  const child = spawn(
    process.execPath,
    ['--conditions=@flaghoist/source', '--disable-warning=ExperimentalWarning', writer, folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
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

test('no acknowledged change is lost when its process is killed, in 100 rounds', async ({
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

  await annotate(`killed 100 times: ${JSON.stringify(counted)}`)
  expect(counted.lost).toBe(0)
  expect(counted.acknowledged).toBeGreaterThan(LANES * ROUNDS)
}, 120_000)

test('the folder of a live process is refused, and free as soon as the process is killed', async () => {
  const folder = join(scratch, 'locked')
  const { child } = startWriter(folder)
  await once(child.stdout, 'data')

  expect(() => openSqliteStores(folder)).toThrow(
    expect.objectContaining({ code: 'STORE_LOCKED', message: expect.stringContaining(folder) }),
  )

  await killSoon(child, { isStarting: true })
  expect((await readLog(folder)).log.length).toBeGreaterThan(0)
}, 20_000)

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
