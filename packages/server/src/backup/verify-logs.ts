import { isFlaghoistError } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import { readVerified, verifyEnd } from '../projects/read-verified.ts'
import type { ChangeLog, LogHead } from '../stores/change-log.ts'
import { createRecordedHeads, type RecordedHeads } from './recorded-heads.ts'

/** The result of a verification, as lines for people. */
export interface Verification {
  readonly lines: readonly string[]
  readonly isIntact: boolean
}

/** A line of a verification. */
export interface Finding {
  readonly line: string
  readonly isFault?: boolean
}

export function verificationOf(findings: readonly Finding[]): Verification {
  return {
    lines: findings.map(({ line }) => line),
    isIntact: !findings.some(({ isFault }) => isFault),
  }
}

/**
 * Verifies the hash chains of all logs, which may grow meanwhile.
 * @param heads hashes of changes, recorded earlier and elsewhere, that the logs must still contain
 */
export async function verifyLogs(
  log: ChangeLog,
  heads: readonly string[],
): Promise<readonly Finding[]> {
  const recorded = createRecordedHeads(heads)
  const findings: Finding[] = []
  for (const head of await log.heads())
    findings.push(await attempt(() => verifyLog(log, head, recorded)))
  return [...findings, ...recorded.places().map(([head, place]) => findingOf(head, place))]
}

/** Verifies one log, and compares its changes with the recorded heads. */
async function verifyLog(log: ChangeLog, head: LogHead, recorded: RecordedHeads): Promise<Finding> {
  const { project } = head
  let last: Change | undefined
  for await (const changes of readVerified(log, project, { seq: 0, hash: '' })) {
    for (const { seq, hash } of changes) recorded.see(hash, `change ${seq} of project "${project}"`)
    last = changes.at(-1) ?? last
  }
  verifyEnd(head, last?.seq ?? 0, await log.head(project))
  if (last === undefined) return { line: `Project "${project}" has no changes.` }
  const { seq, at, hash } = last
  return { line: `Project "${project}" is intact: change ${seq} of ${at} has the hash ${hash}` }
}

function findingOf(head: string, place: string | undefined): Finding {
  if (place !== undefined) return { line: `The recorded head is ${place}: ${head}` }
  const line = `No change has the recorded head: ${head}\nThe log was cut or rewritten since, or it is another log.`
  return { line, isFault: true }
}

/** Turns damage into a finding. */
export async function attempt(work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work()
  } catch (error) {
    if (!isFlaghoistError(error)) throw error
    return { line: error.message, isFault: true }
  }
}
