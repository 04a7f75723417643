import { isFlaghoistError } from '@flaghoist/core'
import { parseLayerKey } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import type { ChangeLog } from '../stores/change-log.ts'
import { isStoreFailure } from '../stores/store-failure.ts'
import type { JournaledKill } from './kill-journal.ts'
import { callerOf, writeOf } from './kill-order.ts'
import { commitKill, dropped, forgetInTime, type KillSwitchParts } from './kill-switch.ts'

const READ_AT_ONCE = 1_000

/**
 * Commits the kills that an earlier process has left in the journal. Those that the store does not
 * take apply to the SDKs of this server meanwhile.
 */
export async function recoverKills(parts: KillSwitchParts): Promise<void> {
  const { projects, journal } = parts
  for (const kill of (await journal?.read()) ?? []) {
    const { project, epoch } = kill
    // A project that is not served may be restored, and its kills wait for it.
    if (projects.damaged.has(project) && !projects.has(project)) continue
    const isSame = projects.has(project) && projects.get(project).epoch === epoch
    if (isSame) await recover(parts, kill)
    else await drop(parts, kill, 'the project was deleted.')
  }
}

async function recover(parts: KillSwitchParts, kill: JournaledKill): Promise<void> {
  const { projects, log, journal } = parts
  try {
    const isStored = await isInLog(log, kill)
    if (isStored || (await commitKill(projects, kill))) return await journal?.forget(kill)
  } catch (error) {
    if (!isFlaghoistError(error)) throw error
    if (!isStoreFailure(error)) return drop(parts, kill, error.message)
  }
  const local = projects.applyLocally(writeOf(kill), callerOf(kill))
  void forgetInTime(parts, kill, { local })
}

async function drop(
  { journal, warn }: KillSwitchParts,
  kill: JournaledKill,
  problem: string,
): Promise<void> {
  warn(dropped(kill, problem))
  await journal?.forget(kill)
}

/** Checks that the log holds a kill: its process may have ended before it forgot the kill. */
async function isInLog(log: Pick<ChangeLog, 'read'>, kill: JournaledKill): Promise<boolean> {
  for (let after = kill.version; ; ) {
    const changes = await log.read(kill.project, after, READ_AT_ONCE)
    if (changes.some((change) => holds(change, kill))) return true
    const last = changes.at(-1)
    if (last === undefined) return false
    after = last.seq
  }
}

/** Returns true for the change that commits a kill. Other kills may have the same request id. */
function holds(change: Change, { requestId, target, kill }: JournaledKill): boolean {
  if (change.requestId !== requestId) return false
  return change.edits.some((edit) => {
    if (edit.kind === 'kill') return 'selector' in target && edit.after?.killed.at === kill.at
    if (edit.kind !== 'layer' || edit.after?.killed?.at !== kill.at) return false
    return 'flag' in target && parseLayerKey(edit.key).flag === target.flag
  })
}
