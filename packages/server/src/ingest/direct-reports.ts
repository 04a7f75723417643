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
import { JSON_TYPE } from '../http/json-type.ts'
import type { ReadRequest, Router } from '../http/router.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkServices } from '../services.ts'
import { createAcceptReport } from './accept-report.ts'
import { unpackBody } from './gzip-json.ts'
import { isSmall } from './limit-reports.ts'
import { RELAY_KEY_HEADER } from './relay-vouchers.ts'
import { EventsRequest } from './schemas.ts'

const PATH = '/sdk/v1/events'
/** JSON alone, and not a type such as `application/json-patch+json`. */
const IS_JSON = /^application\/json *(;|$)/i
/** Parts of a body that leave it to the router, which refuses some names of members. */
const SUSPICIOUS = ['__proto__', 'constructor', '\\u']

/**
 * Accepts the reports of SDKs without the router: all of them confirm each change, and all at once.
 */
export function directReports(router: Router, services: SdkServices): DirectRoute {
  const { targets } = services
  const callerOf = directCaller(services)
  const accept = createAcceptReport(services)

  const answer = async (read: ReadRequest, { caller, target, response, send }: Answered) => {
    const { principal, headers } = caller
    let isCounted = !isSmall(headers)
    const replay = (failure?: unknown) => router.replay(read, response, { isCounted, failure })
    const report = await readReport(headers, read.body)
    if (report === undefined) return replay()
    if (!isCounted && report.batch !== undefined) {
      if (!caller.isAdmitted()) return replay()
      isCounted = true
    }
    try {
      const effect = await accept({ principal, target, client: caller }, report)
      const body = JSON.stringify(effect)
      send(PATH, response, { status: 202, headers: { 'content-type': JSON_TYPE }, body })
    } catch (failure) {
      replay(failure)
    }
  }

  return (request, response, send) => {
    if (request.url !== PATH || request.method !== 'POST' || !isUsual(request)) return false
    const caller = callerOf(request)
    if (caller === undefined) return false
    const target = targets.ofKey(caller.principal)
    if (target === undefined) return false
    if (!isSmall(request.headers) && !caller.isAdmitted()) return false
    readBody(request, (body) => {
      void answer({ request, body }, { caller, target, response, send })
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

/** Returns undefined for a body that the router has to read. */
async function readReport(
  headers: IncomingMessage['headers'],
  body: Buffer,
): Promise<z.infer<typeof EventsRequest> | undefined> {
  try {
    const text = await unpackBody(headers, body, LIMITS.eventsBytes)
    if (SUSPICIOUS.some((part) => text.includes(part))) return undefined
    return EventsRequest.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // Only the router's error names the fault.
  }
}

/** The relay of a client key is rare, and its header has a schema. */
function isUsual(request: IncomingMessage): boolean {
  const { 'content-type': type = '', [RELAY_KEY_HEADER]: voucher } = request.headers
  if (voucher !== undefined || !IS_JSON.test(type)) return false
  return isBodyWithin(request, LIMITS.eventsBytes)
}
