import type { ReadStream } from 'node:fs'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Services } from '../services.ts'
import { hasDataFolder } from '../stores/open-stores.ts'

/** A backup to be sent. */
export interface Backup {
  readonly bytes: number
  /** The content. Its file has no name any more, so nothing is left once the stream ends. */
  readonly content: ReadStream
}

/** Start of the names of folders in which backups are made: hidden, unlike files of operators. */
const PREFIX = '.flaghoist-backup-'

/**
 * Makes a backup of all projects in the data folder, because other folders of a server may be in
 * memory. The caller makes one backup at a time. @throws {FlaghoistError} see `Stores.backup`
 */
export async function makeBackup({ stores, config }: Services): Promise<Backup> {
  const isStored = stores.readOnly === undefined && hasDataFolder(config)
  if (isStored) await removeAbandoned(config.dataDir)
  const folder = await mkdtemp(join(isStored ? config.dataDir : tmpdir(), PREFIX))
  try {
    const file = join(folder, 'flaghoist.db')
    await stores.backup(file, config.minFreeBytes)
    const handle = await open(file)
    const { size } = await handle.stat()
    return { bytes: size, content: handle.createReadStream() }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes backups of processes that were killed. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir))
    if (name.startsWith(PREFIX)) await rm(join(dataDir, name), { recursive: true, force: true })
}
