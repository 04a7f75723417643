import type { IncomingMessage, ServerResponse } from 'node:http'
import { LIMITS } from '@flaghoist/core'
import type { z } from 'zod'
import { type DirectCaller, directCaller } from '../http/direct-caller.ts'
import {
  type DirectRoute,
  isBodyWithin,
  readBody,
  type SendDirectly,
} from '../http/direct-routes.ts'
import type { Router } from '../http/router.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkServices } from '../services.ts'
import { createAcceptReport } from './accept-report.ts'
import { unpackBody } from './gzip-json.ts'
import { isSmall } from './limit-reports.ts'
import { RELAY_KEY_HEADER } from './relay-vouchers.ts'
import { EventsRequest } from './schemas.ts'

const PATH = '/sdk/v1/events'
const JSON_TYPE = 'application/json; charset=utf-8'
/** Parts of every body that the router may refuse for the names of its members. */
const SUSPICIOUS = ['__proto__', 'constructor', '\\u']

/**
 * Accepts the reports of SDKs without the router: all of them confirm each change, and all at once.
 */
export function directReports(router: Router, services: SdkServices): DirectRoute {
  const { targets } = services
  const callerOf = directCaller(services)
  const accept = createAcceptReport(services)

  const answer = async (body: Buffer, { caller, target, response, send }: Answered) => {
    const { principal, headers } = caller
    const report = await readReport(headers, body)
    const isLimited = isSmall(headers) && report.batch !== undefined
    if (isLimited && !caller.isAdmitted()) throw new Error('The router answers beyond the limit.')
    const effect = await accept({ principal, target, client: caller }, report)
    const text = JSON.stringify(effect)
    send(PATH, response, { status: 202, headers: { 'content-type': JSON_TYPE }, body: text })
  }

  return (request, response, send) => {
    if (request.url !== PATH || request.method !== 'POST' || !isUsual(request)) return false
    const caller = callerOf(request)
    if (caller === undefined) return false
    const target = targets.ofKey(caller.principal)
    if (target === undefined) return false
    if (!isSmall(request.headers) && !caller.isAdmitted()) return false
    readBody(request, (body) => {
      answer(body, { caller, target, response, send }).catch(() => {
        router.replay(request, body, response)
      })
    })
    return true
  }
}

interface Answered {
  readonly caller: DirectCaller
  readonly target: RulesetTarget
  readonly response: ServerResponse
  readonly send: SendDirectly
}

/** @throws {Error} for any body that the router refuses */
async function readReport(
  headers: IncomingMessage['headers'],
  body: Buffer,
): Promise<z.infer<typeof EventsRequest>> {
  const text = await unpackBody(headers, body, LIMITS.eventsBytes)
  if (SUSPICIOUS.some((part) => text.includes(part))) throw new Error('The router reads this body.')
  return EventsRequest.parse(JSON.parse(text))
}

/** The relay of a client key is rare, and its header has a schema. */
function isUsual(request: IncomingMessage): boolean {
  const { 'content-type': type = '', [RELAY_KEY_HEADER]: voucher } = request.headers
  if (voucher !== undefined || !type.startsWith('application/json')) return false
  return isBodyWithin(request, LIMITS.eventsBytes)
}
