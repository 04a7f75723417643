import { apply, EMPTY_STATE, type ProjectState } from '@flaghoist/core/model'
import { problem } from '../errors.ts'
import type { Receipt, Store } from '../store/store.ts'
import { seal, verify } from './chain.ts'
import type {
  ChangeListener,
  Changes,
  Committed,
  Intent,
  LiveProject,
  Outcome,
  Policy,
} from './changes.ts'
import { authorise, checkExpected, checkResult, complete } from './checks.ts'

export interface ChangesOptions {
  readonly store: Store
  /** Wall clock, epoch ms. */
  readonly now: () => number
  /** What may stop a write that is not urgent; the first one that throws wins. */
  readonly policies?: readonly Policy[]
  /** Told of a listener that threw: the change stands all the same. */
  readonly onListenerError: (error: unknown) => void
}

interface Project extends LiveProject {
  epoch: string
  state: ProjectState
  /** Hash of the last change. */
  head: string
  /** The end of the queue of writers. */
  turn: Promise<unknown>
}

const READ_AT_ONCE = 1_000

/**
 * Replays every log, checking its chain, and opens the one write path onto it.
 * @throws {FlaghoistError} `LOG_CORRUPT`: a server does not start on a log that was tampered with
 */
export async function openChanges(options: ChangesOptions): Promise<Changes> {
  const { store } = options
  const projects = new Map<string, Project>()
  for (const { project, epoch } of await store.logs())
    projects.set(project, await replay(store, project, epoch))

  const changeListeners = new Set<ChangeListener>()
  const epochListeners = new Set<(project: LiveProject) => void>()
  const find = (key: string): Project => {
    const found = projects.get(key)
    if (found === undefined) throw problem('PROJECT_NOT_FOUND', { project: key })
    return found
  }
  const commitTo = (project: Project, intent: Intent): Promise<Committed> =>
    inTurn(project, async () => {
      const committed = await commit(project, intent, options)
      const { change } = committed.replayed ? { change: undefined } : committed
      if (change) notify(changeListeners, (listener) => listener(project, change), options)
      return committed
    })

  return {
    projects: () => [...projects.values()],
    project: find,
    async createProject(intent) {
      if (projects.has(intent.project)) throw problem('PROJECT_EXISTS', { project: intent.project })
      const { epoch } = await store.createLog(intent.project)
      const project = emptyProject(intent.project, epoch)
      projects.set(intent.project, project)
      return commitTo(project, intent)
    },
    commit: async (intent) => commitTo(find(intent.project), intent),
    onChange: (listener) => subscribe(changeListeners, listener),
    async renewEpoch(key) {
      const project = find(key)
      await inTurn(project, async () => {
        project.epoch = await store.renewEpoch(key)
        notify(epochListeners, (listener) => listener(project), options)
      })
    },
    onEpoch: (listener) => subscribe(epochListeners, listener),
  }
}

async function commit(
  project: Project,
  intent: Intent,
  { store, now, policies = [] }: ChangesOptions,
): Promise<Committed> {
  const replayed = await findReceipt(store, intent)
  if (replayed !== undefined) return { replayed }

  const before = project.state
  checkExpected(before, intent)
  const edits = complete(before, intent.plan(before))
  authorise(intent, edits)
  if (!intent.urgent) for (const policy of policies) policy(intent, project, edits)
  if (edits.length === 0) return { version: before.version, change: undefined, state: before }

  const at = now()
  const state = apply(before, { seq: before.version + 1, edits })
  checkResult(before, state, edits)
  const { action, reason, requestId, authority } = intent
  const change = seal(
    {
      seq: state.version,
      at: new Date(at).toISOString(),
      actor: authority.actor,
      action,
      edits: [...edits],
      ...(reason === undefined ? {} : { reason }),
      requestId,
    },
    project.head,
  )
  const outcome: Outcome = { version: state.version, change, state }
  await store.append(project.key, change, receiptFor(intent, outcome, at))
  project.state = state
  project.head = change.hash
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

async function replay(store: Store, key: string, epoch: string): Promise<Project> {
  const project = emptyProject(key, epoch)
  for (;;) {
    const changes = await store.read(key, project.state.version, READ_AT_ONCE)
    for (const change of changes) {
      verify(key, change, { seq: project.state.version, hash: project.head })
      project.state = apply(project.state, change)
      project.head = change.hash
    }
    if (changes.length < READ_AT_ONCE) return project
  }
}

function emptyProject(key: string, epoch: string): Project {
  return { key, epoch, state: EMPTY_STATE, head: '', turn: Promise.resolve() }
}

/** Runs work when all that was queued before it is done: one writer at a time. */
function inTurn<T>(project: Project, work: () => Promise<T>): Promise<T> {
  const result = project.turn.then(work)
  project.turn = result.catch(() => undefined) // Its caller hears of it; the next one has its own turn.
  return result
}

function notify<L>(
  listeners: ReadonlySet<L>,
  call: (listener: L) => void,
  { onListenerError }: ChangesOptions,
): void {
  for (const listener of listeners)
    try {
      call(listener)
    } catch (error) {
      onListenerError(error)
    }
}

function subscribe<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
