import { loggedEditInSteps } from '@flaghoist/core/model'
import type { Edit, LoggedEdit } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { inSpan } from '../in-span.ts'
import { createPause, runInTurns } from '../pause.ts'
import type { ChangeLog, LogName, Receipt } from '../stores/change-log.ts'
import { serialiseEdits } from '../stores/change-text.ts'
import { seal } from './chain.ts'
import { checkWrite } from './check-write.ts'
import { advance, endCommitted, measureProject, type ProjectWriter } from './project-writer.ts'
import type { Caller, Committed, Outcome, Policy, Write } from './projects.ts'

export interface CommitOptions {
  readonly log: ChangeLog
  /** Wall clock, epoch ms. */
  readonly now: () => number
  /** Rules that may reject a write that is not urgent; the first one that throws wins. */
  readonly policies?: readonly Policy[]
}

/** Runs one write in its project's turn. After any error the state is unchanged. */
export async function commit(
  project: ProjectWriter,
  write: Write,
  caller: Caller,
  { log, now, policies = [] }: CommitOptions,
): Promise<Committed> {
  const replayed = await findReceipt(log, project.key, caller)
  if (replayed !== undefined) return { replayed }

  if (!write.urgent) await measureProject(project)
  const { edits, state, sizes, warnings, overrides } = await checkWrite(
    project,
    write,
    caller,
    policies,
  )
  const at = now()
  if (edits.length === 0) {
    const outcome: Outcome = { version: state.version, change: undefined, state, warnings }
    // The state may lack a change of another server, or have one that a failover has lost.
    const end = { seq: state.version, hash: project.hash }
    const receipt = receiptFor(caller, outcome, at)
    await store(project, () => log.confirm(nameOf(project), end, receipt))
    return outcome
  }

  const logged = await runInTurns(loggedEdits(edits))
  const pause = createPause()
  await serialiseEdits(logged)
  await pause()
  const change = seal(
    {
      seq: state.version,
      ...description(write, caller, at),
      edits: logged,
      ...(overrides.length > 0 && { overrides: [...overrides] }),
    },
    project.hash,
  )
  await pause()
  const outcome: Outcome = { version: state.version, change, state, warnings }
  const append = write.urgent ? log.appendUrgent : log.append
  const terms = { receipt: receiptFor(caller, outcome, at), fence: caller.fence }
  await inSpan('flaghoist.commit.append', {}, () =>
    store(project, async () => {
      if (project.epoch === '') project.epoch = (await log.create(project.key)).epoch
      await append(nameOf(project), change, terms)
    }),
  )
  advance(project, state)
  // Its author may be served it already.
  endCommitted(project, caller.requestId)
  project.sizes = sizes
  project.hash = change.hash
  project.hashes.add(change.hash)
  return outcome
}

function* loggedEdits(edits: readonly Edit[]): Generator<undefined, LoggedEdit[]> {
  const logged: LoggedEdit[] = []
  for (const edit of edits) logged.push(yield* loggedEditInSteps(edit))
  return logged
}

async function findReceipt(
  log: ChangeLog,
  project: string,
  { idempotency }: Caller,
): Promise<Receipt | undefined> {
  if (idempotency === undefined) return undefined
  const receipt = await log.receipt(project, idempotency.key)
  if (receipt !== undefined && receipt.fingerprint !== idempotency.fingerprint)
    throw problem('IDEMPOTENCY_KEY_REUSED', {})
  return receipt
}

function receiptFor({ idempotency }: Caller, outcome: Outcome, at: number): Receipt | undefined {
  if (idempotency === undefined) return undefined
  const { key, fingerprint } = idempotency
  return { key, fingerprint, ...idempotency.respond(outcome), at }
}

function description({ action, reason }: Write, { authority, requestId }: Caller, at: number) {
  return {
    at: new Date(at).toISOString(),
    actor: authority.actor,
    action,
    ...(reason === undefined ? {} : { reason }),
    requestId,
  }
}

function nameOf({ key, epoch }: ProjectWriter): LogName {
  return { project: key, epoch }
}

/**
 * Runs a write of the store. After an error the store may hold it all the same, so the log is read
 * before the next write.
 */
async function store(project: ProjectWriter, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    project.isBehind = true
    throw error
  }
}
