import { EVERYWHERE, instanceOf } from '@flaghoist/core/model'
import type { ApiKey } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { SdkKeys } from '../http/auth.ts'
import type { Principal } from '../http/principal.ts'
import { createListeners } from '../projects/listeners.ts'
import { isLive } from '../projects/live-key.ts'
import type { Projects } from '../projects/projects.ts'
import type { KeyUsage } from '../stores/key-usage.ts'
import { createLastUses } from './last-uses.ts'
import { hashSecret } from './secrets.ts'

/**
 * The API keys of every project, indexed by secret. Follows the changes, so that a revoked key is
 * refused at once.
 */
export interface ApiKeys extends SdkKeys {
  /**
   * Authenticates a session of a key. Returns undefined once the key has expired or was revoked.
   * @throws {FlaghoistError} `INSTANCE_RETIRED`
   */
  authenticateId(keyId: string): Principal | undefined
  /** The principal of a key, which counts as no use; undefined if the key is not live. */
  find(keyId: string): Principal | undefined
  /** The last use of a key, epoch ms. */
  lastUsedAt(keyId: string): number | undefined
  /**
   * Stores the last uses since the previous flush. A timer calls it, and the shutdown. After an
   * error, the next flush stores them.
   */
  flush(): Promise<void>
}

export interface ApiKeysOptions {
  readonly projects: Projects
  readonly usage: KeyUsage
  /** Wall clock, epoch ms. */
  readonly now: () => number
  /** Receives an error that stops nothing, such as that of a listener. */
  readonly onListenerError: (error: unknown) => void
}

export async function createApiKeys(options: ApiKeysOptions): Promise<ApiKeys> {
  const { projects, usage, now } = options
  const index = createKeyIndex()
  const lastUses = createLastUses(usage)
  const revoked = createListeners<[string]>(options.onListenerError)

  // Subscribes and fills the index without a wait, so that no revocation is missed in between.
  projects.onChange(({ key: project }, { edits }) => {
    for (const edit of edits) {
      if (edit.kind !== 'apiKey') continue
      if (edit.before !== null) index.remove(edit.before)
      if (edit.after !== null) index.add(project, edit.after)
      if (!isLive(index.byId(edit.key), now())) revoked.emit(edit.key)
    }
  })
  projects.onDeleted((project) => {
    lastUses.forget(project, index.removeAll(project))
  })
  projects.onReloaded(({ key: project, state }) => {
    const former = index.removeAll(project)
    for (const key of state.apiKeys.values()) index.add(project, key)
    for (const id of former) if (!isLive(index.byId(id), now())) revoked.emit(id)
  })
  for (const { key: project, state } of projects.list())
    for (const key of state.apiKeys.values()) index.add(project, key)
  for (const { key: project } of projects.list()) {
    // Access does not depend on uses, so a damaged table must not stop the start.
    await lastUses.load(project).catch(options.onListenerError)
  }
  /** The retired instance that a key is bound to. */
  const retiredInstance = (key: ApiKey): string | undefined => {
    const instance = instanceOf(key.scope ?? EVERYWHERE)
    if (instance === undefined) return undefined
    const { instances } = projects.get(index.projectOf(key)).state
    return instances.get(instance)?.status === 'retired' ? instance : undefined
  }

  const admit = (key: ApiKey | undefined) => {
    const at = now()
    if (!isLive(key, at)) return undefined
    const instance = retiredInstance(key)
    if (instance !== undefined) throw problem('INSTANCE_RETIRED', { instance })
    lastUses.record(index.projectOf(key), key.id, at)
    return principalOf(key)
  }

  const isUsable = (keyId: string) => {
    const key = index.byId(keyId)
    return isLive(key, now()) && retiredInstance(key) === undefined
  }

  return {
    authenticate: (secret) => admit(index.bySecret(secret)),
    authenticateId: (keyId) => admit(index.byId(keyId)),
    find: (keyId) => (isUsable(keyId) ? principalOf(index.byId(keyId)!) : undefined),
    // A key of a damaged project is missing, so an unknown key may be one.
    refusalOf: () => problem(projects.damaged.size === 0 ? 'KEY_UNKNOWN' : 'KEY_UNCHECKED', {}),
    isLive: isUsable,
    onRevoked: revoked.add,
    lastUsedAt: lastUses.of,
    flush: lastUses.flush,
  }
}

/** Secrets of known keys whose hashes are remembered. */
const MAX_HASHES = 10_000

function createKeyIndex() {
  const byHash = new Map<string, ApiKey>()
  /** Hashes of secrets in use, because a hash takes as long as the rest of a request's checks. */
  const hashes = new Map<string, string>()
  const byId = new Map<string, ApiKey>()
  /** Id → the project whose log holds the key; a key of all projects is stored in one. */
  const projects = new Map<string, string>()
  return {
    // The time of the lookup reveals parts of a hash, which lead to no secret.
    bySecret(secret: string): ApiKey | undefined {
      const known = hashes.get(secret)
      const hash = known ?? hashSecret(secret)
      const key = byHash.get(hash)
      if (key === undefined || known !== undefined) return key
      if (hashes.size >= MAX_HASHES) hashes.clear()
      hashes.set(secret, hash)
      return key
    },
    byId: (id: string) => byId.get(id),
    projectOf: ({ id }: ApiKey) => projects.get(id)!,
    add(project: string, key: ApiKey) {
      byHash.set(key.hash, key)
      byId.set(key.id, key)
      projects.set(key.id, project)
    },
    remove(key: ApiKey) {
      byHash.delete(key.hash)
      byId.delete(key.id)
    },
    /** Removes the keys that a project's log holds, and returns their ids. */
    removeAll(project: string): readonly string[] {
      const keys = [...byId.values()].filter(({ id }) => projects.get(id) === project)
      for (const { hash, id } of keys) {
        byHash.delete(hash)
        byId.delete(id)
        projects.delete(id)
      }
      return keys.map(({ id }) => id)
    },
  }
}

function principalOf({ id, name, kind, project, scope }: ApiKey): Principal {
  return { keyId: id, name, kind, project, scope: scope === EVERYWHERE ? undefined : scope }
}
