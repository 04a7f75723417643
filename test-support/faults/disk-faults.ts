import { execFileSync } from 'node:child_process'
import { closeSync, cpSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultyServer } from './faulty-server.ts'
import type { Outage } from './scenarios.ts'

/** Faults of the data folder. Those that mount something need root on Linux. */
export const DISK_FAULTS: readonly Outage[] = [
  {
    name: 'disk full',
    run: ({ server }, lengthMs) =>
      onMount(server, ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs'], async (copyIn) => {
        copyIn()
        await server.start()
        const file = join(server.dataDir, 'filler')
        fill(file)
        await sleep(lengthMs)
        rmSync(file)
        await server.kill()
      }),
  },
  {
    name: 'disk read-only',
    run: ({ server }, lengthMs) =>
      onMount(server, ['--bind', server.dataDir], async () => {
        execFileSync('mount', ['-o', 'remount,bind,ro', server.dataDir])
        await server.start()
        await sleep(lengthMs)
        await server.kill()
      }),
  },
  {
    name: 'log damaged in the database, then restored',
    run: ({ server }, lengthMs) => damaged(server, lengthMs, scribble),
  },
  {
    name: 'database cut off, then restored',
    run: ({ server }, lengthMs) => damaged(server, lengthMs, (file) => truncateSync(file, 20_000)),
  },
]

/**
 * Mounts something over the data folder of a server that is down, and starts the server again
 * afterwards with what it has written meanwhile.
 * @param work receives a function that copies the data onto the mount
 */
async function onMount(
  server: FaultyServer,
  mount: readonly string[],
  work: (copyIn: () => void) => Promise<void>,
): Promise<void> {
  const { dataDir } = server
  const spare = mkdtempSync(join(tmpdir(), 'flaghoist-spare-'))
  await server.kill()
  cpSync(dataDir, spare, { recursive: true })
  execFileSync('mount', [...mount, dataDir])
  try {
    await work(() => cpSync(spare, dataDir, { recursive: true }))
    rmSync(spare, { recursive: true })
    cpSync(dataDir, spare, { recursive: true })
  } finally {
    execFileSync('umount', [dataDir])
  }
  cpSync(spare, dataDir, { recursive: true, force: true })
  rmSync(spare, { recursive: true })
  await server.start()
}

/** Writes a file until the disk is full. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (let bytes = 1 << 20; bytes >= 1; )
      try {
        writeSync(descriptor, Buffer.alloc(bytes))
      } catch {
        bytes >>= 1
      }
  } finally {
    closeSync(descriptor)
  }
}

/** Lets a server run on a damaged database, and then on the one from before. */
async function damaged(
  server: FaultyServer,
  lengthMs: number,
  damage: (file: string) => void,
): Promise<void> {
  const spare = mkdtempSync(join(tmpdir(), 'flaghoist-spare-'))
  await server.kill()
  cpSync(server.dataDir, spare, { recursive: true })
  const file = join(server.dataDir, 'flaghoist.db')
  // All changes lie in the file itself, without a write-ahead log that would mend it.
  edit(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
  damage(file)
  // A server does not start on a database that SQLite cannot open.
  await server.start().catch(() => undefined)
  await sleep(lengthMs)
  await server.kill()
  rmSync(server.dataDir, { recursive: true })
  cpSync(spare, server.dataDir, { recursive: true })
  rmSync(spare, { recursive: true })
  await server.start()
}

/** Changes the log, and leaves the pages of the database intact. */
function scribble(file: string): void {
  edit(file, `UPDATE changes SET change = replace(change, '"hash":"', '"hash":"0') WHERE seq = 2`)
}

function edit(file: string, statement: string): void {
  const database = new DatabaseSync(file)
  database.exec(statement)
  database.close()
}
