import type { ApiKey } from '@flaghoist/core/schema'
import { isLive } from '../projects/live-key.ts'
import type { Caller } from '../projects/projects.ts'
import type { Services } from '../services.ts'
import { createKey, restoreKey, retireKey } from './plan.ts'
import { createKeyId, describeSecret, hashSecret } from './secrets.ts'

/** The setting, and the name of the keys that it creates. */
const SETTING = 'FLAGHOIST_ADMIN_KEY'

export interface FollowOptions {
  readonly caller: Caller
  /** Receives a sentence about each key that is retired or refused. */
  readonly warn: (message: string) => void
}

/** An API key, and the project whose log holds it. */
interface StoredKey {
  readonly project: string
  readonly key: ApiKey
}

/** The admin key of all projects that the setting names. */
export function adminKeyOf(secret: string, now: number): ApiKey {
  const { secret: _, ...stored } = describeSecret('admin', secret)
  return {
    ...stored,
    id: createKeyId(),
    name: SETTING,
    kind: 'admin',
    project: '*',
    createdAt: new Date(now).toISOString(),
  }
}

/**
 * Makes the admin keys follow `FLAGHOIST_ADMIN_KEY`: its value works unless a person has revoked
 * it, and the keys that earlier values created are retired.
 */
export async function followAdminKeySetting(
  services: Services,
  options: FollowOptions,
): Promise<void> {
  const { adminKey } = services.config
  // The new key comes first: a start that fails in between must leave a valid admin key.
  if (adminKey !== undefined) await ensureKey(services, adminKey, options)
  await retireEarlierKeys(services, options)
}

async function ensureKey(
  services: Services,
  secret: string,
  { caller, warn }: FollowOptions,
): Promise<void> {
  const { projects, now } = services
  const hash = hashSecret(secret)
  const known = storedKeys(services).filter(({ key }) => key.hash === hash)
  const live = known.find(({ key }) => isLive(key, now()))
  if (live !== undefined) return warnOfLimits(live.key, warn)
  if (known.length === 0) {
    const [first] = projects.list()
    await projects.commit(createKey(first!.key, adminKeyOf(secret, now())), caller)
    return
  }
  const byServer = await Promise.all(known.map((one) => wasEditedByServer(services, one)))
  const { project, key } = known[0]!
  if (byServer.every(Boolean)) await projects.commit(restoreKey(project, key), caller)
  else
    warn(`${SETTING} names the key ${key.id}, which was revoked or has expired. Set another value.`)
}

/** A secret of another key grants no more than that key: every visitor may know a client key. */
function warnOfLimits(key: ApiKey, warn: FollowOptions['warn']): void {
  if (!isAdminOfAll(key))
    warn(
      `${SETTING} names the ${key.kind} key ${key.id}, which is not an admin key of all projects. Set another value.`,
    )
}

async function retireEarlierKeys(
  services: Services,
  { caller, warn }: FollowOptions,
): Promise<void> {
  const { config, projects, now } = services
  const { adminKey } = config
  const hash = adminKey && hashSecret(adminKey)
  const cause = adminKey === undefined ? `${SETTING} is no longer set` : `${SETTING} has changed`
  for (const stored of storedKeys(services)) {
    const { key, project } = stored
    if (key.name !== SETTING || key.hash === hash || !isLive(key, now())) continue
    // A person may have given a key this name.
    if (!(await wasEditedByServer(services, stored))) continue
    const at = new Date(now()).toISOString()
    await projects.commit(retireKey({ project, key: key.id }, at, `${cause}.`), caller)
    warn(`The admin key ${key.id} (${key.prefix}…) is retired, because ${cause}.`)
  }
  if (!storedKeys(services).some(({ key }) => isAdminOfAll(key) && isLive(key, now())))
    warn(`No admin key of all projects works. Set ${SETTING} to a new key, and restart.`)
}

function isAdminOfAll({ kind, project, scope }: ApiKey): boolean {
  return kind === 'admin' && project === '*' && scope === undefined
}

function storedKeys({ projects }: Services): readonly StoredKey[] {
  return projects
    .list()
    .flatMap(({ key: project, state }) =>
      [...state.apiKeys.values()].map((key) => ({ project, key })),
    )
}

/** Returns true if the last edit of a key was the server's own: its creation or retirement. */
async function wasEditedByServer(
  { projects, stores }: Services,
  { project, key }: StoredKey,
): Promise<boolean> {
  const seq = projects.get(project).state.editedAt.get(`apiKey:${key.id}`) ?? 0
  const [change] = await stores.log.read(project, seq - 1, 1)
  return change?.actor.kind === 'system'
}
