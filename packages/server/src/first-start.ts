import type { ApiKey } from '@flaghoist/core/schema'
import type { PlannedEdit } from './projects/projects.ts'
import { describeSecret, makeKeyId, makeSecret } from './keys/api-keys.ts'
import type { Parts } from './services.ts'

/** What the first start on an empty store has made. */
export interface FirstStart {
  readonly project: string
  /** Secret of the first admin key; undefined if the operator has given it. */
  readonly adminKey: string | undefined
}

/** Makes the first project and admin key on an empty store; on another one it sees to the key that the operator gives. */
export async function prepareFirstStart(parts: Parts): Promise<FirstStart | undefined> {
  const { changes, config } = parts
  if (changes.projects().length > 0) {
    await ensureGivenKey(parts)
    return undefined
  }

  const { secret, ...key } = firstKey(parts)
  const { project } = config
  const environment = { key: 'production', name: 'Production', order: 0, protected: true }
  await changes.createProject(
    intent(project, 'project.create', [
      { kind: 'project', key: project, after: { key: project, name: project } },
      { kind: 'environment', key: environment.key, after: environment },
      { kind: 'apiKey', key: key.id, after: key },
    ]),
  )
  return { project, adminKey: config.adminKey === undefined ? secret : undefined }
}

/** The key in the environment always works, also if it was changed there since the first start. */
async function ensureGivenKey(parts: Parts): Promise<void> {
  const { adminKey } = parts.config
  if (adminKey === undefined || parts.keys.authenticate(adminKey) !== undefined) return
  const { secret: _, ...key } = firstKey(parts)
  const { key: project } = parts.changes.projects()[0]!
  await parts.changes.commit(
    intent(project, 'apiKey.create', [{ kind: 'apiKey', key: key.id, after: key }]),
  )
}

function firstKey({ config, now }: Parts): ApiKey & { secret: string } {
  const made =
    config.adminKey === undefined ? makeSecret('admin') : describeSecret('admin', config.adminKey)
  return {
    ...made,
    id: makeKeyId(),
    name: config.adminKey === undefined ? 'First admin key' : 'FLAGHOIST_ADMIN_KEY',
    kind: 'admin',
    project: '*',
    createdAt: new Date(now()).toISOString(),
  }
}

function intent(project: string, action: string, edits: readonly PlannedEdit[]) {
  const actor = { kind: 'system', id: 'first-start', name: 'First start' } as const
  return { project, authority: { actor }, action, requestId: 'start', plan: () => edits }
}
