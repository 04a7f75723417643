import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Parts } from '../services.ts'
import { isThere } from '../rulesets/target.ts'
import { createStreamHub } from '../streams/create-hub.ts'
import { handOver } from '../streams/hand-over.ts'
import { identityOf } from '../http/sdk-identity.ts'
import { ofrepProblem } from './errors.ts'
import { RefetchChannel } from './refetch-channel.ts'
import { createStreamTokens, type StreamGrant } from './token.ts'

/** Streams that tell OFREP clients when to evaluate again. */
export interface EventStreams {
  /** OFREP's `eventStreams`, as JSON: where the asker of an answer can listen. */
  advertise(grant: StreamGrant): string
  /** Takes a request over whose URL was advertised. @throws {FlaghoistError} `STREAM_TOKEN_INVALID`, `STREAM_LIMIT` */
  open(request: FastifyRequest, reply: FastifyReply, token: string): FastifyReply
  close(): void
}

/** A tab that nobody looks at this long may leave; it evaluates again when it comes back. */
const INACTIVITY_SECONDS = 120

/** @param path of the route that opens streams, from the root of the server */
export function createEventStreams(parts: Parts, path: string): EventStreams {
  const { changes, config, keys, rulesets, now } = parts
  const { heartbeatMs, streamBufferBytes: bufferBytes, publicUrl } = config
  const tokens = createStreamTokens({ secret: randomBytes(32), now })
  const hub = createStreamHub({
    rulesets,
    heartbeatMs,
    bufferBytes,
    channel: (published, address) =>
      new RefetchChannel(published, { bufferBytes, resume: () => tokens.resume(address) }),
    isKeyLive: keys.isLive,
    isThere: (address) => isThere(changes, address),
    elapsed: () => performance.now(),
    random: Math.random,
  })
  const ignoreRevoked = keys.onRevoked((keyId) => hub.cut(keyId))

  return {
    advertise(grant) {
      const requestUri = `${path}?token=${tokens.grant(grant)}`
      // Behind a proxy this server does not know its own origin, but its client does.
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
      return handOver(hub, reply, { ...grant, sdk: identityOf(request), since: undefined })
    },

    close() {
      ignoreRevoked()
      hub.close()
    },
  }
}
