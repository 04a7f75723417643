import { repeat } from '../repeat.ts'
import type { Services } from '../services.ts'
import { reportTo } from '../warnings.ts'
import type { ActivityChannel } from './activity-channel.ts'
import { createPropagationFollower } from './propagation-follower.ts'

const CONNECTIONS_MS = 1_000

/** The source of the events of a project, for all who watch it. */
export interface ProjectFeed {
  readonly channels: Set<ActivityChannel>
  /** Publishes the connected SDKs. */
  countConnections(): Promise<void>
  stop(): void
}

type FeedParts = Pick<Services, 'projects' | 'sharedPropagation' | 'log' | 'elapsed'>

/** Starts to follow a project. It asks for nothing while no stream is open. */
export function startProjectFeed(parts: FeedParts, project: string): ProjectFeed {
  const { projects, sharedPropagation, log, elapsed } = parts
  const channels = new Set<ActivityChannel>()
  const isWatched = () => [...channels].some((channel) => channel.isWatched)
  const onError = reportTo(log, 'The activity of a project could not be read.')
  const follower = createPropagationFollower({
    project,
    sharedPropagation,
    elapsed,
    onError,
    onReport: (version, sdks) =>
      [...channels].filter((channel) => channel.publishPropagation(version, sdks)).length > 0,
    onEnd(version) {
      for (const channel of channels) channel.endPropagation(version)
    },
  })
  const ignoreChanges = projects.onChange(({ key, state }, change) => {
    if (key !== project || !isWatched()) return
    for (const channel of channels) channel.publishChange(state, change)
    follower.follow(change.seq)
  })
  const ignoreReloads = projects.onReloaded(({ key }) => {
    if (key !== project) return
    follower.stop()
    for (const channel of channels) channel.publishReset()
  })
  const countConnections = async () => {
    const counts = await sharedPropagation.connections(project).catch(onError)
    if (counts) for (const channel of channels) channel.publishConnections(counts)
  }
  const stopCounting = repeat(async () => {
    if (isWatched()) await countConnections()
  }, CONNECTIONS_MS)
  return {
    channels,
    countConnections,
    stop() {
      ignoreChanges()
      ignoreReloads()
      follower.stop()
      void stopCounting()
    },
  }
}
