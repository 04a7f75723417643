import type { ChangeLog, LogHead } from '../stores/change-log.ts'
import { verify } from './chain.ts'
import { type Checkpoint, checkpointOfTexts } from './checkpoint-text.ts'

/**
 * Returns the checkpoint of a log, if it is whole and the log holds the change that it stands for.
 * In any doubt the log is replayed instead.
 */
export async function findCheckpoint(
  log: ChangeLog,
  head: LogHead,
): Promise<Checkpoint | undefined> {
  try {
    const found = checkpointOfTexts(await log.checkpoint(head.project))
    return found && (await isOfLog(log, head, found)) ? found : undefined
  } catch {
    return undefined
  }
}

async function isOfLog(
  log: ChangeLog,
  { project, epoch, version }: LogHead,
  checkpoint: Checkpoint,
): Promise<boolean> {
  const seq = checkpoint.state.version
  if (checkpoint.epoch !== epoch || seq < 1 || seq > version) return false
  const [change] = await log.read(project, seq - 1, 1)
  if (change?.hash !== checkpoint.hash) return false
  verify(project, change, { seq: seq - 1, hash: change.previousHash })
  return true
}
