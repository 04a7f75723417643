import { randomUUID } from 'node:crypto'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../make-folder.ts'
import { KillOrder } from './kill-order.ts'

const StoredKill = KillOrder.extend({
  epoch: z.string(),
  /** Version of the log at the kill: the log holds the kill after it, or not at all. */
  version: z.number(),
})

/** A kill that the log may not hold yet, and the log for which it was authorised. */
export interface JournaledKill extends z.infer<typeof StoredKill> {
  /** Name of its file, without the extension. */
  readonly id: string
}

/** The kills of this server that the store has not taken yet, on the disk of the server. */
export interface KillJournal {
  /** Resolves once the kill survives a crash. */
  keep(kill: JournaledKill): Promise<void>
  forget(kill: JournaledKill): Promise<void>
  /** Returns the kills that an earlier process has kept, oldest first. */
  read(): Promise<readonly JournaledKill[]>
}

/** Folder of the journal within the data folder. */
const FOLDER = 'flaghoist.kills'
const EXTENSION = '.json'

/**
 * Keeps each kill in a file of its own, so that servers which share a folder do not disturb each
 * other.
 * @param dataDir folder that is made with the first kill
 * @param warn receives a sentence about a file that is not one of a kill
 */
export function createKillJournal(dataDir: string, warn: (message: string) => void): KillJournal {
  const folder = join(dataDir, FOLDER)
  const fileOf = ({ id }: JournaledKill) => join(folder, `${id}${EXTENSION}`)
  return {
    async keep(kill) {
      makeFolder(folder)
      const file = fileOf(kill)
      const { id: _, ...stored } = kill
      await writeDurably(`${file}.part`, JSON.stringify(stored))
      await rename(`${file}.part`, file)
      await Promise.all([dataDir, folder].map(flushFolder))
    },
    forget: (kill) => rm(fileOf(kill), { force: true }),
    async read() {
      const names = await readdir(folder).catch(() => [])
      const files = names.filter((name) => name.endsWith(EXTENSION)).sort()
      const kills = await Promise.all(files.map((name) => readKill(join(folder, name), warn)))
      return kills.flatMap((kill) => kill ?? [])
    },
  }
}

/** Returns an id that sorts by time. Callers choose the ids of requests, and may repeat them. */
export function journalId({ kill }: KillOrder): string {
  return `${Date.parse(kill.at)}-${randomUUID()}`
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Waits until the names in a folder are on the disk. Windows has no such wait. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function readKill(
  file: string,
  warn: (message: string) => void,
): Promise<JournaledKill | undefined> {
  try {
    const stored = StoredKill.parse(JSON.parse(await readFile(file, 'utf8')))
    return { ...stored, id: basename(file, EXTENSION) }
  } catch (error) {
    warn(`${file} holds no kill and was skipped: ${(error as Error).message}`)
    return undefined
  }
}
