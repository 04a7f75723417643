import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { problemIn } from '@flaghoist/client/internal'
import type { FlaghoistError } from '@flaghoist/core'
import { type FileCache, fileCache } from '@flaghoist/node/internal'
import { hashSecret } from '../keys/secrets.ts'
import { concernsKey } from './refusals.ts'
import type { RelayKey } from './relay-keys.ts'

/** The connection that a copy belongs to. */
interface CopyOwner {
  readonly source: string
  readonly key: RelayKey
  /** True for the scope of the key itself. */
  readonly isOfKey: boolean
}

/**
 * The last responses of the upstream on the disk, from which a relay starts without it: rulesets,
 * and refusals of keys. A refusal of a scope that a query names is not kept: strangers can name any
 * number of them.
 */
export interface Copies {
  /** Returns the copy of the ruleset of a connection; undefined without a disk. */
  of(owner: CopyOwner): FileCache | undefined
  /** Returns true if the disk has a copy of a connection. */
  has(owner: CopyOwner): boolean
  /** Returns the last refusal of a connection; undefined if the upstream served it later. */
  refusalOf(owner: CopyOwner): FlaghoistError | undefined
  /**
   * Keeps a refusal in place of the copy, or of all copies of the key if it concerns the key.
   * @param flush resolves once no copy of the connection is being written
   */
  refuse(owner: CopyOwner, refusal: FlaghoistError, flush: () => Promise<void>): Promise<void>
  /**
   * Deletes the refusal of a connection that the upstream serves, and stores its copy again.
   * @param save writes the copy
   */
  admit(owner: CopyOwner, save: () => Promise<void>): Promise<void>
  /** Resolves once all refusals and admissions until now are on the disk; never rejects. */
  flush(): Promise<void>
}

/** Copies of a relay that keeps nothing. */
const NONE: Copies = {
  of: () => undefined,
  has: () => false,
  refusalOf: () => undefined,
  refuse: async () => undefined,
  admit: async () => undefined,
  flush: async () => undefined,
}

/**
 * Opens the copies of a folder: `<key>/<scope>/…` and `<key>/refusal/…`. Removes those of keys that
 * are not in the settings any more.
 * @param dataDir `:memory:` for no copies
 */
export function openCopies(dataDir: string, url: string, keys: readonly RelayKey[]): Copies {
  if (dataDir === ':memory:') return NONE
  const folder = join(dataDir, 'relay')
  for (const name of namesIn(folder))
    if (!keys.some(({ keyId }) => keyId === name)) remove(join(folder, name))
  const folderOf = ({ key }: CopyOwner, name: string) => join(folder, key.keyId, name)
  const cacheIn = (owner: CopyOwner, name: string) =>
    fileCache(folderOf(owner, name), { url, key: owner.key.secret })
  const refusalOf = (owner: CopyOwner) =>
    owner.isOfKey ? problemIn(cacheIn(owner, REFUSAL).read() ?? '') : undefined
  const removeCopies = (owner: CopyOwner, refusal: FlaghoistError) => {
    const own = concernsKey(refusal) ? namesIn(folderOf(owner, '')) : [nameOf(owner)]
    for (const name of own) if (name !== REFUSAL) remove(folderOf(owner, name))
  }
  for (const key of keys) {
    const owner = { source: key.keyId, key, isOfKey: true }
    const refusal = refusalOf(owner)
    // The process before may have ended between the refusal and the removal.
    if (refusal !== undefined) removeCopies(owner, refusal)
  }
  let last: Promise<unknown> = Promise.resolve()
  /** Runs one step after another: a refusal that is written late must not undo an admission. */
  const inOrder = (step: () => Promise<void>) => {
    const done = last.then(step)
    last = done.catch(() => undefined)
    return done
  }
  const storeRefusal = async (
    owner: CopyOwner,
    refusal: FlaghoistError,
    flush: () => Promise<void>,
  ) => {
    try {
      // First, so that a relay that restarts in between does not serve the copy.
      if (owner.isOfKey) await cacheIn(owner, REFUSAL).write(textOf(refusal))
    } finally {
      // A copy that is being written would outlive its removal.
      await flush()
      removeCopies(owner, refusal)
    }
  }
  return {
    of: (owner) => cacheIn(owner, nameOf(owner)),
    has: (owner) => namesIn(folderOf(owner, nameOf(owner))).length > 0,
    refusalOf,
    refuse: (owner, refusal, flush) => inOrder(() => storeRefusal(owner, refusal, flush)),
    admit: (owner, save) =>
      inOrder(() => {
        remove(folderOf(owner, REFUSAL))
        return save()
      }),
    flush: () => inOrder(async () => undefined),
  }
}

const REFUSAL = 'refusal'

function nameOf({ source }: CopyOwner): string {
  return hashSecret(source).slice(0, 16)
}

/** Returns a refusal as the problem in which the upstream described it. */
function textOf({ code, status, message, hint }: FlaghoistError): string {
  return JSON.stringify({ code, status, detail: message, hint })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // The first write creates it.
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
