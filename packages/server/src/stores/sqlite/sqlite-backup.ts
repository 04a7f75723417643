import { existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { problem } from '../../errors.ts'
import { sizeText } from '../../size-text.ts'
import { freeBytesOf } from '../free-space.ts'
import { closeOnError } from './sqlite-database.ts'
import { openingError } from './sqlite-errors.ts'
import { openForReading } from './sqlite-reader.ts'

/** One step copies all pages: in several, each write of the server would start the copy anew. */
const ALL_PAGES = 0x7f_ff_ff_ff

/**
 * Copies a snapshot of a database, which a server may write meanwhile, into a new file. The file
 * appears only once it is whole and on the disk.
 * @param spareBytes free space that the file must leave on its disk
 * @throws {FlaghoistError} `BACKUP_EXISTS`, `BACKUP_SPACE`, or as `openSqliteStores`
 */
export async function backUpDatabase(
  file: string,
  target: string,
  spareBytes: number,
): Promise<void> {
  if (existsSync(target)) throw problem('BACKUP_EXISTS', { file: target })
  const partial = `${target}.partial-${process.pid}`
  try {
    await copyPages(file, partial, spareBytes)
    await rename(partial, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(partial, { force: true })
    throw openingError(error, file)
  }
}

async function copyPages(file: string, target: string, spareBytes: number): Promise<void> {
  const { database, close } = openForReading(file)
  try {
    await requireSpace(dirname(target), (await sizeOf(file)) + spareBytes)
    await createPrivate(target)
    await backup(database, target, { rate: ALL_PAGES })
  } finally {
    close()
  }
  const copy = new DatabaseSync(target)
  // A backup is one file, without a write-ahead log beside it.
  closeOnError(copy, () => copy.exec('PRAGMA journal_mode = DELETE')).close()
}

/** Returns the size of a database with its write-ahead log, bytes. */
async function sizeOf(file: string): Promise<number> {
  const { size } = await stat(file)
  const log = await stat(`${file}-wal`).catch(() => ({ size: 0 }))
  return size + log.size
}

async function requireSpace(folder: string, needed: number): Promise<void> {
  const free = await freeBytesOf(folder)
  if (free !== undefined && free < needed)
    throw problem('BACKUP_SPACE', { folder, needed: sizeText(needed), free: sizeText(free) })
}

/** Creates an empty file that no other user can read. */
async function createPrivate(file: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  await handle.close()
}

/** Syncs a folder, without which a rename is not on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined) // Windows opens no folders.
  try {
    await handle?.sync()
  } finally {
    await handle?.close()
  }
}
