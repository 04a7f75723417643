import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Changes, Committed, Intent, LiveProject, PlannedEdit } from './projects.ts'
import { type CommitOptions, commit } from './commit.ts'
import { createListeners } from './listeners.ts'
import { catchUp, emptyProject, inTurn, type ProjectLog, replay } from './project-log.ts'

export interface ChangesOptions extends CommitOptions {
  /** Told of a listener that threw: the change stands all the same. */
  readonly onListenerError: (error: unknown) => void
}

/**
 * Replays every log, checking its chain, and opens the one write path onto it.
 * @throws {FlaghoistError} `LOG_CORRUPT`: a server does not start on a log that was tampered with
 */
export async function openChanges(options: ChangesOptions): Promise<Changes> {
  const { store, onListenerError } = options
  const projects = new Map<string, ProjectLog>()
  for (const head of await store.logs()) projects.set(head.project, await replay(store, head))

  const changed = createListeners<[LiveProject, Change]>(onListenerError)
  const renewed = createListeners<[LiveProject]>(onListenerError)
  const find = (key: string): ProjectLog => {
    const found = projects.get(key)
    if (found === undefined || !exists(found)) throw problem('PROJECT_NOT_FOUND', { project: key })
    return found
  }
  const commitTo = (project: ProjectLog, intent: Intent): Promise<Committed> =>
    inTurn(project, async () => {
      if (project.isBehind) await catchUp(store, project, (change) => changed.tell(project, change))
      const committed = await commit(project, intent, options)
      if (committed.change) changed.tell(project, committed.change)
      return committed
    })

  return {
    projects: () => [...projects.values()].filter(exists),
    project: find,
    async createProject(intent) {
      const project = projects.get(intent.project) ?? emptyProject(intent.project)
      projects.set(intent.project, project)
      return commitTo(project, { ...intent, plan: (state) => planNew(intent, state) })
    },
    commit: async (intent) => commitTo(find(intent.project), intent),
    onChange: changed.add,
    async renewEpoch(key) {
      const project = find(key)
      await inTurn(project, async () => {
        project.epoch = await store.renewEpoch(key)
        renewed.tell(project)
      })
    },
    onEpoch: renewed.add,
  }
}

/** A project is there from its first change on: a creation that was refused leaves nothing behind. */
const exists = ({ state }: LiveProject): boolean => state.version > 0

function planNew(intent: Intent, state: ProjectState): readonly PlannedEdit[] {
  if (state.version > 0) throw problem('PROJECT_EXISTS', { project: intent.project })
  return intent.plan(state)
}
