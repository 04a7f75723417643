import { apply, entityName, validate } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Receipt, Store } from '../store/store.ts'
import { seal } from './chain.ts'
import type { Committed, Intent, Outcome, Policy } from './projects.ts'
import { authorise, checkExpected, complete, malformed, refuse } from './checks.ts'
import type { ProjectLog } from './project-log.ts'
import { publishGate } from './publish-gate.ts'

export interface CommitOptions {
  readonly store: Store
  /** Wall clock, epoch ms. */
  readonly now: () => number
  /** What may stop a write that is not urgent; the first one that throws wins. */
  readonly policies?: readonly Policy[]
}

/** One write, in its project's turn. Whatever throws, the state stays as it was. */
export async function commit(
  project: ProjectLog,
  intent: Intent,
  { store, now, policies = [] }: CommitOptions,
): Promise<Committed> {
  const replayed = await findReceipt(store, intent)
  if (replayed !== undefined) return { replayed }

  const before = project.state
  authorise(intent, intent.names ?? [])
  checkExpected(before, intent)
  const planned = intent.plan(before)
  // Also what would change nothing: the answer shows it.
  authorise(intent, planned.map(entityName))
  const edits = complete(before, planned)
  // What is stored already must never stop a kill.
  if (!intent.urgent) {
    refuse(malformed(edits))
    for (const policy of policies) policy(intent, project, edits)
  }

  const at = now()
  if (edits.length === 0) {
    const outcome: Outcome = { version: before.version, change: undefined, state: before }
    const receipt = receiptFor(intent, outcome, at)
    if (receipt !== undefined) await store.keepReceipt(project.key, receipt)
    return outcome
  }

  const state = apply(before, { seq: before.version + 1, edits })
  refuse(validate(before, state, edits))
  const examined = publishGate({ before, after: state, edits, sizes: project.sizes })
  refuse(examined.broken)
  if (!intent.urgent) refuse(examined.tooLarge)
  const change = seal(
    { seq: state.version, ...describe(intent, at), edits: [...edits] },
    project.hash,
  )
  const outcome: Outcome = { version: state.version, change, state }
  await append(store, project, change, receiptFor(intent, outcome, at))
  project.state = state
  project.sizes = examined.sizes
  project.hash = change.hash
  return outcome
}

async function findReceipt(
  store: Store,
  { project, idempotency }: Intent,
): Promise<Receipt | undefined> {
  if (idempotency === undefined) return undefined
  const receipt = await store.receipt(project, idempotency.key)
  if (receipt !== undefined && receipt.fingerprint !== idempotency.fingerprint)
    throw problem('IDEMPOTENCY_KEY_REUSED', {})
  return receipt
}

function receiptFor({ idempotency }: Intent, outcome: Outcome, at: number): Receipt | undefined {
  if (idempotency === undefined) return undefined
  const { key, fingerprint } = idempotency
  return { key, fingerprint, ...idempotency.answer(outcome), at }
}

function describe({ action, authority, reason, requestId }: Intent, at: number) {
  return {
    at: new Date(at).toISOString(),
    actor: authority.actor,
    action,
    ...(reason === undefined ? {} : { reason }),
    requestId,
  }
}

/** A store that answers with an error may have kept the change all the same: its log is read before the next one. */
async function append(
  store: Store,
  project: ProjectLog,
  change: Change,
  receipt: Receipt | undefined,
): Promise<void> {
  try {
    if (project.epoch === '') project.epoch = (await store.createLog(project.key)).epoch
    await store.append(project.key, change, receipt)
  } catch (error) {
    project.isBehind = true
    throw error
  }
}
