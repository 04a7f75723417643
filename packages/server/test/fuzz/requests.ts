import type { ApiDocument, ApiOperation, ApiParameter } from '../openapi-operations.ts'
import { operationsOf } from '../openapi-operations.ts'
import type { SignedIn } from '../sign-in.ts'
import { spoilText, spoilValue } from './spoil.ts'
import { type Chance, createValues } from './values.ts'

/** A request, as the bytes that a client sends. */
export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer | undefined
}

/** The things that requests refer to. */
export interface World {
  readonly project: string
  /** Secrets of keys by the API that they are for; others are used too. */
  readonly keys: { readonly admin: readonly string[]; readonly sdk: readonly string[] }
  /** A session of an admin key. */
  readonly session: SignedIn['headers']
  /** A URL that messages may be sent to. */
  readonly receiver: string
  /** Ids of earlier responses. */
  readonly ids: readonly string[]
}

/** Operations that end the world, or cost as much as a hundred others. */
const RARE = ['deleteProject', 'createBackup', 'exportProject']
const SHARE_OF_RARE = 0.1
const SHARE_OF_VALID = 0.5

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

const STRANGE_PARTS = [
  ...['%00', '%2e%2e', '%2F', '%zz', '%', '%ff', '%F0%9F%91%A9', '__proto__', 'constructor', '*'],
  ...['a'.repeat(301), 'a'.repeat(9_000), '..', '.', '%20', '-1', '1e3', '99999999999999999999'],
]
const STRANGE_QUERIES = [
  ...['?', '&', '?limit=', '?limit=0', '?limit=-1', '?limit=1e9', '?limit=1&limit=2', '?a[]=b'],
  ...[
    '?__proto__=x',
    '?cursor=%ff',
    '?cursor=!',
    '?=',
    '?%zz',
    '?from=x&to=y',
    `?q=${'x'.repeat(2_000)}`,
  ],
  ...[
    '?scope=a%2Fb%2Fc',
    '?tag=',
    '?tag=a',
    '?seq=1e99',
    '?since=a.b.c',
    '#fragment',
    ';a=b',
    '?\xff',
  ],
]
const STRANGE_TYPES = [
  ...['text/plain', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded'],
  ...[
    'multipart/form-data; boundary=x',
    'application/JSON;',
    '',
    'json',
    '\xff',
    'application/merge-patch+json',
  ],
]
const STRANGE_KEYS = [
  'Bearer',
  'Bearer ',
  'Basic YTpi',
  'Bearer fh_admin_x',
  `Bearer ${'a'.repeat(4_000)}`,
  'bearer \xff',
]
const STRANGE_COOKIES = [
  ...['flaghoist_session', 'flaghoist_session=', 'flaghoist_session=session-0.x; a=b', ';;=;'],
  ...['flaghoist_session=__proto__.x', `flaghoist_session=${'a'.repeat(4_000)}`],
]
const STRANGE_HEADERS: readonly (readonly [string, string])[] = [
  ['origin', 'https://shop.example'],
  ['origin', 'null'],
  ['accept-encoding', 'gzip;q=0, *;q=x'],
  ['accept', 'text/markdown'],
  ['content-encoding', 'gzip'],
  ['if-none-match', '*'],
  ['if-none-match', '"x", W/"y"'],
  ['if-match', '*'],
  ['if-match', '"0"'],
  ['if-match', '"\xff"'],
  ['idempotency-key', ''],
  ['idempotency-key', 'again'],
  ['idempotency-key', '__proto__'],
  ['last-event-id', '0000000000000000.1.0000000000000000'],
  ['last-event-id', '\xff.-1'],
  ['flaghoist-sdk-id', 'x'.repeat(500)],
  ['range', 'bytes=0-1'],
  ['expect', '100-continue'],
  ['x-forwarded-for', '\xff'],
  ['cookie', 'a=b'],
  ['authorization', 'Bearer twice'],
]

/** Creates a generator of requests to the operations of a document, valid or nearly so. */
export function createRequests(
  document: ApiDocument,
  chance: Chance,
): (world: World) => FuzzRequest {
  const sampleOf = createValues(document.components.schemas, chance)
  const operations = operationsOf(document)
  const [rare, usual] = [true, false].map((isRare) =>
    operations.filter(({ operationId }) => RARE.includes(operationId) === isRare),
  )

  return (world) => {
    const isRare = chance.holds((SHARE_OF_RARE * rare!.length) / operations.length)
    const request = validRequest(chance.pick(isRare ? rare! : usual!), world)
    if (chance.holds(SHARE_OF_VALID)) return request
    return chance.pick(SPOILERS)(request, chance)
  }

  function validRequest(operation: ApiOperation, world: World): FuzzRequest {
    const { method, parameters = [], requestBody } = operation
    const sent = parameters.filter(({ required }) => required || chance.holds(0.25))
    const value = (parameter: ApiParameter) => parameterOf(parameter, world)
    const path = sent
      .filter(isIn('path'))
      .reduce((text, one) => text.replace(`{${one.name}}`, value(one)), operation.path)
    const query = sent.filter(isIn('query')).map((one) => `${one.name}=${value(one)}`)
    const schema = requestBody?.content['application/json']?.schema
    const text =
      schema &&
      JSON.stringify(sampleOf(schema)).replaceAll(/"https?:[^"]*"/g, `"${world.receiver}"`)
    return {
      method: method.toUpperCase(),
      path: query.length === 0 ? path : `${path}?${query.join('&')}`,
      headers: [
        ...credentialsFor(operation, world),
        ...(text === undefined ? [] : ([['content-type', 'application/json']] as const)),
        ...sent
          .filter(isIn('header'))
          .map((one) => [one.name, headerText(String(sampleOf(one.schema)))] as const),
      ],
      body: text === undefined ? undefined : Buffer.from(text),
    }
  }

  function parameterOf({ name, example, schema }: ApiParameter, world: World): string {
    if (name === 'project' || name === 'confirm') return world.project
    if (world.ids.length > 0 && chance.holds(0.1)) return chance.pick(world.ids)
    const value = example !== undefined && chance.holds(0.6) ? example : sampleOf(schema)
    return encodeURIComponent(String(value))
  }

  function credentialsFor(operation: ApiOperation, world: World): [string, string][] {
    if (chance.holds(0.1)) return Object.entries(world.session)
    return [['authorization', `Bearer ${chance.pick(keysFor(operation, world))}`]]
  }

  function keysFor({ path }: ApiOperation, { keys }: World): readonly string[] {
    const isOther = chance.holds(0.1)
    return path.startsWith('/api/') === isOther ? keys.sdk : keys.admin
  }
}

const isIn = (place: string) => (parameter: ApiParameter) => parameter.in === place

/** Headers are bytes: other characters cannot be sent. */
const headerText = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?')

type Spoiler = (request: FuzzRequest, chance: Chance) => FuzzRequest

/** Each makes one part of a request wrong. Bodies come first, because most code is behind them. */
const SPOILERS: readonly Spoiler[] = [
  ...Array<Spoiler>(8).fill(spoilBody),
  (request, chance) =>
    request.body === undefined
      ? { ...withType(request, 'application/json'), body: Buffer.from('{"a":1}') }
      : { ...request, body: spoilText(request.body.toString(), chance) },
  (request, chance) => withType(request, chance.pick(STRANGE_TYPES)),
  (request, chance) => ({ ...request, method: chance.pick(METHODS) }),
  (request, chance) => ({ ...request, path: request.path + chance.pick(STRANGE_QUERIES) }),
  spoilPath,
  (request, chance) => withHeader(request, 'authorization', chance.pick(STRANGE_KEYS)),
  (request) => without(request, 'authorization'),
  (request) => without(request, 'flaghoist-csrf'),
  (request, chance) => withHeader(request, 'cookie', chance.pick(STRANGE_COOKIES)),
  (request, chance) => ({
    ...request,
    headers: [...request.headers, chance.pick(STRANGE_HEADERS)],
  }),
]

function spoilBody(request: FuzzRequest, chance: Chance): FuzzRequest {
  if (request.body === undefined) return request
  const value = spoilValue(JSON.parse(request.body.toString()), chance)
  return { ...request, body: Buffer.from(JSON.stringify(value) ?? 'null') }
}

function spoilPath(request: FuzzRequest, chance: Chance): FuzzRequest {
  const parts = request.path.split('/')
  parts.splice(1 + chance.below(parts.length), chance.below(2), chance.pick(STRANGE_PARTS))
  return { ...request, path: parts.join('/') }
}

const without = (request: FuzzRequest, header: string): FuzzRequest => ({
  ...request,
  headers: request.headers.filter(([name]) => name !== header),
})

const withHeader = (request: FuzzRequest, name: string, value: string): FuzzRequest => ({
  ...request,
  headers: [...without(request, name).headers, [name, value]],
})

const withType = (request: FuzzRequest, type: string) => withHeader(request, 'content-type', type)

/** Returns the bytes of a request. Texts of its head are bytes, one for each character. */
export function bytesOf({ method, path, headers, body }: FuzzRequest, host: string): Buffer {
  const length = body === undefined ? [] : [['content-length', String(body.length)] as const]
  const lines = [['host', host] as const, ...headers, ...length].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  return body === undefined ? head : Buffer.concat([head, body])
}
