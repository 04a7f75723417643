import { verifyLogs } from '../backup/verify-logs.ts'
import type { Config } from '../config.ts'
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
  /**
   * Returns lines for people.
   * @throws {FlaghoistError} as `openSource` and `copyProject`
   * @throws {UsageError} if nothing can be copied as the arguments say
   */
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
  given: CopyArguments,
  epochOf: (head: LogHead) => string | undefined,
): Promise<readonly string[]> {
  const heads = await selectHeads(stores.source, given)
  await refuseExisting(stores.target, heads)
  const lines: string[] = []
  for (const head of heads) {
    const { changes, units, deliveries } = await copyProject(stores, head, epochOf(head))
    lines.push(
      `Project "${head.project}" was copied: ${changes} changes, ${units} units, ${deliveries} notices.`,
    )
  }
  const findings = await verifyLogs(stores.target.log, [])
  return [...lines, ...findings.map(({ line }) => line)]
}

/** @throws {UsageError} if the source has none of the projects, or lacks one */
async function selectHeads(
  source: Stores,
  { projects, prefix }: CopyArguments,
): Promise<readonly LogHead[]> {
  const heads = await headsIn(source)
  if (heads.length === 0)
    throw new UsageError(
      source.peers === undefined
        ? 'The source holds no project. Name the database file of another data folder or backup.'
        : `The source holds no project under the prefix "${prefix}". Check --prefix, and that this Redis has loaded its files.`,
    )
  const missing = projects.find((key) => !heads.some(({ project }) => project === key))
  if (missing !== undefined)
    throw new UsageError(
      `The source has no project "${missing}". Its projects: ${namesOf(heads)}. Name some of them, or none to copy all.`,
    )
  return projects.length === 0 ? heads : heads.filter(({ project }) => projects.includes(project))
}

/** Nothing is copied if the target has one of the projects. @throws {UsageError} */
async function refuseExisting(target: Stores, heads: readonly LogHead[]): Promise<void> {
  const present = new Set((await headsIn(target)).map(({ project }) => project))
  const existing = heads.filter(({ project }) => present.has(project))
  if (existing.length === 0) return
  const others = heads.filter(({ project }) => !present.has(project))
  const copyOthers = `To copy the others only, name them after the source: ${namesOf(others)}.`
  throw new UsageError(
    [
      `The target already has projects of the source: ${namesOf(existing)}. Nothing was copied.`,
      'Set FLAGHOIST_DATA_DIR or FLAGHOIST_REDIS_PREFIX to an empty target, or delete these projects there first.',
      ...(others.length > 0 ? [copyOthers] : []),
    ].join('\n'),
  )
}

/** Heads of the projects that are whole: an interrupted copy has version 0. */
async function headsIn({ log }: Stores): Promise<readonly LogHead[]> {
  return (await log.heads()).filter(({ version }) => version > 0)
}

function namesOf(heads: readonly LogHead[]): string {
  return heads.map(({ project }) => project).join(' ')
}
