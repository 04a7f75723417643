import { verifyLogs } from '../backup/verify-logs.ts'
import type { Config } from '../config.ts'
import { problem } from '../errors.ts'
import type { LogHead } from '../stores/change-log.ts'
import { hasDataFolder, openStores } from '../stores/open-stores.ts'
import type { Stores } from '../stores/stores.ts'
import { UsageError } from '../usage.ts'
import type { CopyArguments } from './arguments.ts'
import { type CopyStores, copyProject } from './copy-project.ts'
import { openSource } from './open-source.ts'

/** Copies projects of another store, each under the epoch of its log. */
export const transferProjects = copyWith(({ epoch }) => epoch)

/**
 * Copies projects of a backup as new logs. SDKs that hold a newer version of the old log take the
 * restored one, because it has another epoch.
 */
export const restoreProjects = copyWith(() => undefined)

/** @param epochOf returns the epoch of the copy of a log; undefined for a new one */
function copyWith(epochOf: (head: LogHead) => string | undefined) {
  /** Returns lines for people. @throws {FlaghoistError} as `openSource` and `copyProject` */
  return async (config: Config, given: CopyArguments): Promise<readonly string[]> => {
    const source = await openSource(given)
    try {
      const target = await openTarget(config)
      try {
        return await copyAll({ source, target }, given, epochOf)
      } finally {
        await target.close()
      }
    } finally {
      await source.close()
    }
  }
}

async function openTarget(config: Config): Promise<Stores> {
  if (config.redis === undefined && !hasDataFolder(config))
    throw new UsageError(
      'Set FLAGHOIST_DATA_DIR or FLAGHOIST_REDIS_URL: projects are copied there.',
    )
  const target = await openStores(config)
  if (target.readOnly === undefined) return target
  await target.close()
  throw target.readOnly
}

async function copyAll(
  stores: CopyStores,
  { projects }: CopyArguments,
  epochOf: (head: LogHead) => string | undefined,
): Promise<readonly string[]> {
  const lines: string[] = []
  for (const head of await selectHeads(stores.source, projects)) {
    const { changes, units, deliveries } = await copyProject(stores, head, epochOf(head))
    lines.push(
      `Project "${head.project}" was copied: ${changes} changes, ${units} units, ${deliveries} notices.`,
    )
  }
  const findings = await verifyLogs(stores.target.log, [])
  return [...lines, ...findings.map(({ line }) => line)]
}

/** @throws {FlaghoistError} `PROJECT_NOT_FOUND` */
async function selectHeads(
  { log }: Stores,
  projects: readonly string[],
): Promise<readonly LogHead[]> {
  const heads = (await log.heads()).filter(({ version }) => version > 0)
  const missing = projects.find((key) => !heads.some(({ project }) => project === key))
  if (missing !== undefined) throw problem('PROJECT_NOT_FOUND', { project: missing })
  return projects.length === 0 ? heads : heads.filter(({ project }) => projects.includes(project))
}
