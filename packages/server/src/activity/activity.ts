import type { Audience } from '@flaghoist/core/model'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { getOrSet } from '../get-or-set.ts'
import { identityOf } from '../http/sdk-identity.ts'
import { repeat } from '../repeat.ts'
import type { Services } from '../services.ts'
import { createStreamHub } from '../streams/create-hub.ts'
import { handOver } from '../streams/hand-over.ts'
import type { ChannelSource, StreamTarget } from '../streams/hub.ts'
import { IDENTITY } from '../streams/stream-encoding.ts'
import { ActivityChannel } from './activity-channel.ts'
import { type ProjectFeed, startProjectFeed } from './project-feed.ts'
import { startReplay } from './replay.ts'

/** A part of a project: all that the keys of one scope may see. */
interface ActivityTarget extends StreamTarget {
  /** Scope of the keys; undefined for the whole project. */
  readonly scope: string | undefined
}

/** The streams of what happens in projects, for people. */
export interface Activity {
  /**
   * Takes over a request.
   * @param since version that the client holds; undefined for the current one
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND`, `STREAM_LIMIT`, `SERVER_CLOSING`
   */
  open(request: FastifyRequest, reply: FastifyReply, opening: OpenActivity): Promise<FastifyReply>
  close(): void
}

export interface OpenActivity {
  readonly project: string
  readonly since: number | undefined
}

/** Open streams of one key, over all sessions. */
const STREAMS_PER_KEY = 1_000
/** Interval at which streams learn that another server has ended their session. */
const SESSIONS_MS = 5_000
/** People are limited by key, as servers are. */
const AUDIENCE: Audience = 'server'

export function createActivity(services: Services): Activity {
  const { projects, keys, sessions, config, stores, elapsed } = services
  const hub = createStreamHub({
    channels: activityChannels(services),
    heartbeatMs: config.heartbeatMs,
    streamAgeMs: config.streamAgeMs,
    limits: { perKey: STREAMS_PER_KEY },
    isKeyLive: keys.isLive,
    targetExists: ({ project }) => projects.has(project),
    elapsed,
    random: Math.random,
  })
  const cut = (id: string) => hub.cut(id)
  const stopListening = [
    keys.onRevoked(cut),
    sessions.onEnded(cut),
    projects.onDeleted((project) => hub.endProject(project)),
  ]
  const stopChecks = repeat(async () => {
    // A session that the store cannot find now may still be open.
    for (const id of hub.sessions()) if (!(await sessions.keepAlive(id).catch(() => true))) cut(id)
  }, SESSIONS_MS)

  return {
    async open(request, reply, { project, since }) {
      const { principal } = request
      const { scope, keyId, session } = principal
      const log = stores.log
      const replay =
        since === undefined ? undefined : await startReplay({ projects, log }, project, since)
      // The stream opens in the turn in which nothing is missing.
      while (replay?.isCurrent() === false) await replay.readOn()
      return handOver(hub, reply, {
        target: { project, scope, audience: AUDIENCE },
        encoding: IDENTITY,
        keyId,
        session,
        address: undefined,
        sdk: identityOf(request),
        since: replay?.frames(scope),
      })
    },
    close() {
      for (const stop of stopListening) stop()
      void stopChecks()
      hub.close()
    },
  }
}

/** Returns channels that share one feed of each project. */
function activityChannels(services: Services): ChannelSource<ActivityTarget, readonly Buffer[]> {
  const { projects, config } = services
  const feeds = new Map<string, ProjectFeed>()
  return {
    nameOf: ({ project, scope = '' }) => `${project} ${scope}`,
    open({ project, scope }) {
      const feed = getOrSet(feeds, project, () => startProjectFeed(services, project))
      const channel = new ActivityChannel({
        scope,
        project: () => projects.get(project),
        countConnections: () => void feed.countConnections(),
        bufferBytes: config.streamBufferBytes,
      })
      feed.channels.add(channel)
      const close = () => {
        feed.channels.delete(channel)
        if (feed.channels.size > 0) return
        feed.stop()
        feeds.delete(project)
      }
      return { channel, close }
    },
  }
}
