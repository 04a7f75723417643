import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Cache } from '@flaghoist/client'
import { fileCache } from '@flaghoist/node/internal'
import { hashSecret } from '../keys/secrets.ts'
import type { RelayKey } from './relay-keys.ts'

/** The connection that a copy belongs to. */
interface CopyOwner {
  readonly source: string
  readonly key: RelayKey
}

/** The last rulesets on the disk, from which a relay starts without its upstream. */
export interface Copies {
  /** Returns the copy of a connection; undefined without a disk. */
  of(owner: CopyOwner): Cache | undefined
  remove(owner: CopyOwner): void
}

/** Copies of a relay that keeps nothing. */
const NONE: Copies = { of: () => undefined, remove: () => undefined }

/**
 * Opens the copies of a folder: `<key>/<scope>/…`. Removes those of keys that are not in the
 * settings any more.
 * @param dataDir `:memory:` for no copies
 */
export function openCopies(dataDir: string, url: string, keys: readonly RelayKey[]): Copies {
  if (dataDir === ':memory:') return NONE
  const folder = join(dataDir, 'relay')
  for (const name of foldersIn(folder))
    if (!keys.some(({ keyId }) => keyId === name)) remove(join(folder, name))
  const folderOf = ({ source, key }: CopyOwner) =>
    join(folder, key.keyId, hashSecret(source).slice(0, 16))
  return {
    of: (owner) => fileCache(folderOf(owner), { url, key: owner.key.secret }),
    remove: (owner) => remove(folderOf(owner)),
  }
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // The first write creates it.
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
