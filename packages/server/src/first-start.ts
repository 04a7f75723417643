import type { ApiKey } from '@flaghoist/core/schema'
import { createKey } from './keys/plan.ts'
import { createKeyId, createSecret, describeSecret } from './keys/secrets.ts'
import { createProject } from './projects/create-project.ts'
import type { Caller } from './projects/projects.ts'
import type { Services } from './services.ts'

/** The entities that the first start on an empty store created. */
export interface FirstStart {
  readonly project: string
  /** Secret of the first admin key; undefined if the operator has set it. */
  readonly adminKey: string | undefined
}

const CALLER: Caller = {
  authority: { actor: { kind: 'system', id: 'first-start', name: 'First start' } },
  requestId: 'start',
}

/**
 * Creates the first project and admin key in an empty store. Otherwise ensures that the operator's
 * admin key works.
 */
export async function prepareFirstStart(services: Services): Promise<FirstStart | undefined> {
  const { projects, config } = services
  if (projects.list().length > 0) {
    await ensureAdminKey(services)
    return undefined
  }

  const { secret, ...key } = firstKey(services)
  const { project } = config
  const keyEdit = { kind: 'apiKey', key: key.id, after: key } as const
  await projects.commit(createProject({ key: project, name: project }, [keyEdit]), CALLER)
  return { project, adminKey: config.adminKey === undefined ? secret : undefined }
}

/** Creates the admin key of the settings, if it was set or changed after the first start. */
async function ensureAdminKey(services: Services): Promise<void> {
  const { projects, keys, config } = services
  if (config.adminKey === undefined || keys.authenticate(config.adminKey) !== undefined) return
  const { secret: _, ...key } = firstKey(services)
  const [first] = projects.list()
  await projects.commit(createKey(first!.key, key), CALLER)
}

function firstKey({ config, now }: Services): ApiKey & { secret: string } {
  const { adminKey } = config
  const secret = adminKey === undefined ? createSecret('admin') : describeSecret('admin', adminKey)
  return {
    ...secret,
    id: createKeyId(),
    name: adminKey === undefined ? 'First admin key' : 'FLAGHOIST_ADMIN_KEY',
    kind: 'admin',
    project: '*',
    createdAt: new Date(now()).toISOString(),
  }
}
