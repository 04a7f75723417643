import type { IncomingMessage, ServerResponse } from 'node:http'
import { LIMITS } from '@flaghoist/core'
import { directCaller } from '../http/direct-caller.ts'
import {
  type DirectRoute,
  isBodyWithin,
  readBody,
  type SendDirectly,
} from '../http/direct-routes.ts'
import { JSON_TYPE } from '../http/json-type.ts'
import type { Router } from '../http/router.ts'
import type { SdkServices } from '../services.ts'
import { OFREP_PATH, type RemoteEvaluation } from './remote-evaluation.ts'
import { parseBody } from './request.ts'
import type { StreamGrant } from './token.ts'

const ALL_FLAGS = `${OFREP_PATH}/evaluate/flags`
const ONE_FLAG = `${ALL_FLAGS}/`
const ROUTE_OF_ONE = `${ONE_FLAG}:key`
/** A key that needs no decoding, and no query. */
const PLAIN_KEY = /^[a-zA-Z0-9._-]+$/

/** Evaluates one flag or all flags without the router. */
export function directEvaluation(
  router: Router,
  services: SdkServices,
  evaluation: RemoteEvaluation,
): DirectRoute {
  const callerOf = directCaller(services)

  const answer = (
    request: IncomingMessage,
    response: ServerResponse,
    { target, keyId }: StreamGrant,
    send: SendDirectly,
  ) => {
    const { url = '', headers } = request
    return (text: string) => {
      const body = parseBody(text)
      if (url !== ALL_FLAGS) {
        const flag = evaluation.one(target, url.slice(ONE_FLAG.length), body)
        return send(ROUTE_OF_ONE, response, {
          status: 200,
          headers: { 'content-type': JSON_TYPE },
          body: flag,
        })
      }
      const held = headers['if-none-match']
      const { etag, body: flags } = evaluation.all({ target, keyId, body, held })
      if (flags === undefined) return send(ALL_FLAGS, response, { status: 304, headers: { etag } })
      return send(ALL_FLAGS, response, {
        status: 200,
        headers: { etag, 'content-type': JSON_TYPE },
        body: flags.text,
        bytes: flags.bytes,
      })
    }
  }

  return (request, response, send) => {
    if (request.method !== 'POST' || !isEvaluation(request.url!)) return false
    if (!isBodyWithin(request, LIMITS.contextBytes)) return false
    const caller = callerOf(request)
    if (caller === undefined) return false
    const target = services.targets.ofKey(caller.principal)
    if (target === undefined) return false
    const preparation = services.rulesets.prepare(target)
    if (preparation !== undefined) return preparation
    const grant = { target, keyId: caller.principal.keyId }
    const respond = answer(request, response, grant, send)
    if (!caller.isAdmitted()) return false
    readBody(request, (body) => {
      try {
        respond(body.toString())
      } catch {
        router.replay({ request, body }, response, { isCounted: true })
      }
    })
    return true
  }
}

function isEvaluation(url: string): boolean {
  if (url === ALL_FLAGS) return true
  return url.startsWith(ONE_FLAG) && PLAIN_KEY.test(url.slice(ONE_FLAG.length))
}
