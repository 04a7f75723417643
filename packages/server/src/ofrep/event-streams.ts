import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { identityOf } from '../http/sdk-identity.ts'
import type { SdkServices } from '../services.ts'
import { createStreamHub } from '../streams/create-hub.ts'
import { handOver } from '../streams/hand-over.ts'
import { rulesetChannels } from '../streams/ruleset-channels.ts'
import { IDENTITY } from '../streams/stream-encoding.ts'
import { ofrepProblem } from './errors.ts'
import { RefetchChannel } from './refetch-channel.ts'
import { createStreamTokens, type StreamGrant } from './token.ts'

/** Streams that announce to OFREP clients when to evaluate again. */
export interface EventStreams {
  /** OFREP's `eventStreams` of a response, as JSON. */
  advertise(grant: StreamGrant): string
  /**
   * Takes over a request to an advertised URL. @throws {FlaghoistError} `STREAM_TOKEN_INVALID`,
   * `STREAM_LIMIT`
   */
  open(request: FastifyRequest, reply: FastifyReply, token: string): FastifyReply
  /** Ends the streams of a deleted project. */
  endProject(project: string): void
  close(): void
}

/** A page that is hidden this long may disconnect; it evaluates again when it reconnects. */
const INACTIVITY_SECONDS = 120

/** @param path path of the route that opens streams, from the root of the server */
export function createEventStreams(services: SdkServices, path: string): EventStreams {
  const { targets, config, keys, rulesets, elapsed } = services
  const { heartbeatMs, streamBufferBytes: bufferBytes, streamsPerAddress, publicUrl } = config
  const tokens = createStreamTokens({ secret: randomBytes(32), elapsed })
  const hub = createStreamHub({
    channels: rulesetChannels(
      rulesets,
      (published, target) =>
        new RefetchChannel(published, { bufferBytes, resume: () => tokens.resume(target) }),
    ),
    heartbeatMs,
    limits: { perAddress: streamsPerAddress },
    isKeyLive: keys.isLive,
    targetExists: targets.exists,
    elapsed,
    random: Math.random,
  })
  const ignoreRevoked = keys.onRevoked((keyId) => hub.cut(keyId))

  return {
    advertise(grant) {
      const requestUri = `${path}?token=${tokens.grant(grant)}`
      // Behind a proxy only the client knows the origin of this server.
      const place =
        publicUrl === undefined
          ? { endpoint: { requestUri } }
          : { url: publicUrl.replace(/\/$/, '') + requestUri }
      return JSON.stringify([{ type: 'sse', ...place, inactivityDelaySec: INACTIVITY_SECONDS }])
    },

    open(request, reply, token) {
      const lastId = request.headers['last-event-id']
      const grant = tokens.read(token, typeof lastId === 'string' ? lastId : undefined)
      if (grant === undefined || !keys.isLive(grant.keyId))
        throw ofrepProblem('STREAM_TOKEN_INVALID', {})
      const address = services.addressOf(request)
      const sdk = identityOf(request)
      // Its frames are too short to be worth compressing.
      return handOver(hub, reply, { ...grant, encoding: IDENTITY, address, sdk, since: undefined })
    },

    endProject: (project) => hub.endProject(project),

    close() {
      ignoreRevoked()
      hub.close()
    },
  }
}
