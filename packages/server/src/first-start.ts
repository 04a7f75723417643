import { isFlaghoistError } from '@flaghoist/core'
import { adminKeyOf, followAdminKeySetting } from './keys/admin-key-setting.ts'
import { createSecret } from './keys/secrets.ts'
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
 * Creates the first project and admin key in an empty store. Otherwise makes the admin keys follow
 * the settings.
 * @param warn receives a sentence about each key that is retired or refused
 */
export async function prepareFirstStart(
  services: Services,
  warn: (message: string) => void,
): Promise<FirstStart | undefined> {
  const { projects, config, now } = services
  if (projects.readOnly !== undefined) return undefined
  if (projects.list().length > 0) {
    await followAdminKeySetting(services, { caller: CALLER, warn })
    return undefined
  }
  // The store is not empty: each of its projects is damaged.
  if (projects.damaged.size > 0) return undefined

  const { project } = config
  const { secret } = createSecret('admin')
  const key = adminKeyOf(config.adminKey ?? secret, now())
  const named = config.adminKey === undefined ? { ...key, name: 'First admin key' } : key
  const keyEdit = { kind: 'apiKey', key: key.id, after: named } as const
  try {
    await projects.commit(createProject({ key: project, name: project }, [keyEdit]), CALLER)
  } catch (error) {
    if (!isFlaghoistError(error) || error.code !== 'PROJECT_EXISTS') throw error
    // Another server on the same store came first. The next attempt reads its log.
    return prepareFirstStart(services, warn)
  }
  return { project, adminKey: config.adminKey === undefined ? secret : undefined }
}
