import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../test-support/free-port.ts'

/** A PostgreSQL of its own, without a password. */
export interface Postgres {
  readonly url: string
  /** The process that starts one for each connection. */
  readonly pid: number
  stop(): Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'
const READY = 'ready to accept connections'

/** Returns the folder of the programs of PostgreSQL; undefined where it is not installed. */
export function findPostgres(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(DEBIAN, version, 'bin')).find(existsSync)
}

/** Starts PostgreSQL with an empty database, which is deleted at its end. */
export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-postgres-'))
  const account = accountOf(folder)
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-A', 'trust', '-U', 'unleash', '--encoding=UTF8']
  execFileSync(join(programs, 'initdb'), initdb, { stdio: 'ignore', ...account })
  const port = await freePort()
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder],
    { stdio: ['ignore', 'ignore', 'pipe'], ...account },
  )
  const exited = once(child, 'exit')
  let log = ''
  for await (const text of child.stderr.setEncoding('utf8')) {
    log += String(text)
    if (log.includes(READY)) break
  }
  if (!log.includes(READY)) throw new Error(`PostgreSQL did not start: ${log}`)
  return {
    url: `postgres://unleash@127.0.0.1:${port}/postgres`,
    pid: child.pid!,
    async stop() {
      child.kill('SIGINT')
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}

/** PostgreSQL refuses to run as root, so that its own user runs it. */
function accountOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  const [uid, gid] = [idOf('-u'), idOf('-g')]
  chownSync(folder, uid, gid)
  return { uid, gid }
}
