import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Largest file that is read or written, in bytes: twice the largest ruleset of a server. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024
/** Bytes of all rulesets of a folder together. */
const MAX_FOLDER_BYTES = 256 * 1024 * 1024
/** Rulesets of a folder. An application has one for each key and instance. */
const MAX_RULESETS = 50
/** Age at which a ruleset that no process has used is removed: its key may have been replaced. */
const MAX_AGE_MS = 90 * 24 * 60 * 60 * 1_000
/** A temporary file of this age belongs to a process that was killed while it wrote. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000

/** The ruleset of one identity, its previous generation, or a temporary file. */
const FILE = /^(flaghoist-[0-9a-f]{24}\.json)(\.previous|\.tmp-.+)?$/

/** The files of one ruleset. */
interface Entry {
  readonly names: string[]
  bytes: number
  /** Time of the last use, epoch ms. */
  usedAt: number
}

/** A pipe without a writer would block the process. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Reads a file. @throws if it is missing, too large or not a regular file */
export function readBounded(path: string): Buffer {
  const descriptor = openSync(path, READ)
  try {
    requireUsable(fstatSync(descriptor))
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Does the same as {@link readBounded} without a long turn of the event loop. */
export async function readBoundedInTurns(path: string): Promise<Buffer> {
  const file = await open(path, READ)
  try {
    requireUsable(await file.stat())
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function requireUsable(found: Stats): void {
  if (!found.isFile() || found.size > MAX_FILE_BYTES) throw new Error('the file is not usable')
}

/** Creates a folder and those above it. The `recursive` of Node.js never returns below `/proc`. */
export async function makeFolder(folder: string): Promise<void> {
  if (await exists(folder)) return
  await makeFolder(dirname(folder))
  await mkdir(folder, { mode: 0o700 }).catch(async (error: unknown) => {
    // Another process may have created it just now.
    if (!(await exists(folder))) throw error
  })
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Writes the parts of a file, and resolves once it is on the disk. */
export async function writeToDisk(path: string, parts: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for (const part of parts) await file.writeFile(part)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Syncs a folder, without which a rename is not on the disk. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(() => undefined) // Windows opens no folders.
  try {
    await folder?.sync()
  } finally {
    await folder?.close()
  }
}

/**
 * Removes rulesets that have expired or exceed the bounds of the folder, the least recently used
 * first, and temporary files of killed processes. Other files stay.
 * @param own name of the ruleset that is in use
 * @param more bytes that its next generation needs
 */
export async function tidyFolder(dir: string, own: string, more: number): Promise<void> {
  const entries = await readEntries(dir)
  const others = [...entries].filter(([name]) => name !== own).map(([, entry]) => entry)
  let bytes = more + (entries.get(own)?.bytes ?? 0)
  let count = 1
  for (const { names, ...entry } of others.sort((a, b) => b.usedAt - a.usedAt)) {
    bytes += entry.bytes
    count += 1
    const isOld = Date.now() - entry.usedAt > MAX_AGE_MS
    if (isOld || count > MAX_RULESETS || bytes > MAX_FOLDER_BYTES)
      for (const name of names) await rm(join(dir, name), { force: true })
  }
}

async function readEntries(dir: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  for (const name of await readdir(dir)) {
    const [, ruleset, kind] = FILE.exec(name) ?? []
    const found = ruleset && (await stat(join(dir, name)).catch(() => undefined))
    if (!found) continue
    if (kind?.startsWith('.tmp-')) {
      if (Date.now() - found.mtimeMs > ABANDONED_AFTER_MS)
        await rm(join(dir, name), { force: true })
      continue
    }
    const entry = entries.get(ruleset) ?? { names: [], bytes: 0, usedAt: 0 }
    entry.names.push(name)
    entry.bytes += found.size
    entry.usedAt = Math.max(entry.usedAt, found.mtimeMs)
    entries.set(ruleset, entry)
  }
  return entries
}
