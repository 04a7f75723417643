import { createHash, randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { randomOf } from '../../../test-support/random.ts'
import { startRedis } from '../../../test-support/redis.ts'
import { createRawConnection } from './fuzz/raw-connection.ts'
import { bytesOf, createRequests, type FuzzRequest } from './fuzz/requests.ts'
import { createChance } from './fuzz/values.ts'
import { loadDocument } from './openapi-operations.ts'
import { folder, run } from './server-process.ts'
import { type SignedIn, signIn } from './sign-in.ts'
import { openStreamClient } from './stream-client.ts'

/** A text that occurs nowhere else. Keys of entities are lower case. */
const planted = (name: string) => `${name}-${randomBytes(8).toString('hex')}`

const ADMIN_KEY = planted('fh_admin_for-all-projects')
const SETTINGS = {
  FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
  FLAGHOIST_SECRET: planted('a-secret-that-encrypts-webhooks'),
  FLAGHOIST_METRICS_TOKEN: planted('a-token-for-metrics'),
  FLAGHOIST_EVENTS_WEBHOOK_URL: `http://127.0.0.1:9/${planted('events')}`,
  FLAGHOIST_EVENTS_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
}
const REDIS_PASSWORD = planted('redis-password')

/** Texts of the project, by their owner or kind. */
const TEXTS = {
  otherInstance: planted('instance'),
  otherName: planted('name'),
  otherOwner: planted('owner'),
  otherTag: planted('tag'),
  otherClause: `${planted('ada')}@globex.example`,
  otherNote: planted('note'),
  otherReason: planted('reason'),
  otherFreeze: planted('freeze'),
  otherKeyName: planted('key'),
  otherPersonOfSession: planted('person'),
  otherEnvironment: planted('environment'),
  otherSegment: planted('segment'),
  otherPerson: `${planted('bob')}@initech.example`,
  otherProject: planted('project'),
  webhook: planted('hook'),
  subscription: planted('subscription'),
  person: `${planted('eve')}@acme.example`,
  hashedClause: `${planted('dan')}@acme.example`,
  note: planted('note'),
  flagOwner: planted('owner'),
  description: planted('description'),
}
type Text = keyof typeof TEXTS

/** The keys that the requests are sent with, by kind and scope. */
const KEYS = {
  'client production/acme': [],
  'server production/acme': ['person', 'hashedClause'],
  'admin production/acme': ['hashedClause', 'note', 'flagOwner', 'description'],
  'client production': [],
  // A ruleset of an environment names its instances, and holds their clauses.
  'server production': ['otherInstance', 'otherClause', 'person', 'hashedClause'],
  'admin production': [
    ...(['otherInstance', 'otherName', 'otherOwner', 'otherTag', 'otherClause'] as const),
    ...(['otherNote', 'otherReason', 'otherFreeze'] as const),
    ...(['hashedClause', 'note', 'flagOwner', 'description'] as const),
  ],
} satisfies Readonly<Record<string, readonly Text[]>>
type KeyName = keyof typeof KEYS
const KEY_NAMES = Object.keys(KEYS) as KeyName[]

let url: string
const secrets: Record<string, string> = {}
/** Sessions by the key that signed in. */
const sessions: Record<string, SignedIn['headers']> = {}

/** Starts a server with a planted project, and returns a reader of its log. */
async function startPlanted(): Promise<() => string> {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const server = run({
    ...SETTINGS,
    FLAGHOIST_DATA_DIR: folder(),
    FLAGHOIST_REDIS_URL: redis.url.replace('//', `//default:${REDIS_PASSWORD}@`),
    FLAGHOIST_LOG_LEVEL: 'debug',
    FLAGHOIST_RATE_LIMIT: '0',
    FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1',
  })
  url = await server.url()
  await plant()
  return server.output
}

async function write(method: string, path: string, body?: object): Promise<{ secret?: string }> {
  const target = path.startsWith('/') ? path : `/api/v1/projects/default/${path}`
  const response = await fetch(url + target, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
  return response.json() as Promise<{ secret?: string }>
}

/** Fills the project, with the keys of the examples where the texts are not the keys themselves. */
async function plant(): Promise<void> {
  const tags = { region: TEXTS.otherTag }
  const other = { name: TEXTS.otherName, owner: TEXTS.otherOwner, tags }
  await write('POST', '/api/v1/projects', { key: TEXTS.otherProject })
  await write('POST', 'environments', { key: TEXTS.otherEnvironment })
  await write('POST', 'instances', { key: 'acme' })
  await write('POST', 'instances', { key: TEXTS.otherInstance, ...other })
  await write('POST', 'segments', { key: 'staff', include: [TEXTS.person] })
  await write('POST', 'segments', { key: TEXTS.otherSegment, include: [TEXTS.otherPerson] })
  const about = { owner: TEXTS.flagOwner, description: TEXTS.description }
  await write('POST', 'flags', { key: 'new-checkout', clientVisible: true, ...about })
  await write('PUT', 'flags/new-checkout/layers/production/acme', ownLayer())
  await write('PUT', `flags/new-checkout/layers/production/${TEXTS.otherInstance}`, otherLayer())
  await write('PUT', `flags/new-checkout/layers/${TEXTS.otherEnvironment}`, {
    on: true,
    rules: [ruleOf('segment', TEXTS.otherSegment)],
  })
  await write('POST', `flags/new-checkout/kill?reason=${TEXTS.otherReason}`, {
    scopes: [`production/${TEXTS.otherInstance}`],
  })
  const target = { channel: 'slack', url: `http://127.0.0.1:9/${TEXTS.webhook}` }
  await write('POST', 'subscriptions', { key: 'ops', name: TEXTS.subscription, ...target })
  const instances = { keys: [TEXTS.otherInstance] }
  const window = { once: { from: '2020-01-01T00:00', to: '2020-02-01T00:00' } }
  await write('POST', 'freezes', { key: 'weekend', name: TEXTS.otherFreeze, instances, window })
  const scope = `production/${TEXTS.otherInstance}`
  const made = { name: TEXTS.otherKeyName, kind: 'server', scope }
  secrets.other = (await write('POST', 'keys', made)).secret!
  const admin = await write('POST', 'keys', { name: 'other admin', kind: 'admin', scope })
  sessions.other = (await signIn(url, admin.secret!, TEXTS.otherPersonOfSession)).headers
  for (const name of KEY_NAMES) {
    const [kind, scope] = name.split(' ')
    const secret = (await write('POST', 'keys', { name, kind, scope })).secret!
    secrets[name] = secret
    if (kind === 'admin') sessions[name] = (await signIn(url, secret)).headers
  }
}

const ruleOf = (op: string, value: string, more = {}) => ({
  id: op,
  when: [[{ attribute: op === 'segment' ? 'targetingKey' : 'mail', op, values: [value], ...more }]],
  serve: { variant: 'on' },
})
const ownLayer = () => ({
  on: true,
  rules: [ruleOf('segment', 'staff'), ruleOf('in', TEXTS.hashedClause, { hashed: true })],
  note: { reason: TEXTS.note },
})
const otherLayer = () => ({
  on: true,
  rules: [ruleOf('in', TEXTS.otherClause)],
  note: { reason: TEXTS.otherNote },
})

/** The texts that a key must never receive, by their names. */
function forbiddenTo(name: KeyName): ReadonlyMap<string, string> {
  const permitted: readonly string[] = KEYS[name]
  const texts = Object.entries(TEXTS).filter(([text]) => !permitted.includes(text))
  const keys = Object.entries(secrets).filter(([key]) => key !== name)
  return new Map([...texts, ...keys, ...tokens(), ...hashes(), ...settings()])
}

/** The secret parts of sessions, which only the response to a sign-in holds. */
const tokens = () =>
  Object.entries(sessions).map(([name, { cookie }]): [string, string] => [
    `session of ${name}`,
    cookie.slice(cookie.indexOf('.') + 1),
  ])
const hashes = () =>
  Object.entries(secrets).map(([name, secret]): [string, string] => [
    `hash of ${name}`,
    createHash('sha256').update(secret).digest('hex'),
  ])
const settings = (): [string, string][] => [
  ...Object.entries(SETTINGS),
  ['REDIS_PASSWORD', REDIS_PASSWORD],
]

/** Finds texts in bytes, also encoded. Returns their names. */
function found(texts: ReadonlyMap<string, string>, bytes: Buffer): readonly string[] {
  const content = bytes.toString('latin1')
  return [...texts].flatMap(([name, text]) =>
    formsOf(text).some((form) => content.includes(form)) ? [name] : [],
  )
}

const forms = new Map<string, readonly string[]>()

/** The forms of a text in base64 depend on the number of bytes before it, modulo three. */
function formsOf(text: string): readonly string[] {
  const known = forms.get(text)
  if (known !== undefined) return known
  const encoded = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)])
    const whole = bytes
      .toString('base64')
      .replace(/=*$/, '')
      .slice(offset + 2, -2)
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const all = [text, encodeURIComponent(text), Buffer.from(text).toString('hex'), ...encoded]
  forms.set(text, all)
  return all
}

test('planted texts are found in every encoding', () => {
  const texts = new Map([['it', TEXTS.otherClause]])
  for (const before of ['', 'x', 'xy', 'xyz'])
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      const bytes = Buffer.from(`${before}${TEXTS.otherClause}.`)
      expect(found(texts, Buffer.from(bytes.toString(encoding)))).toEqual(['it'])
    }
})

test('planted secrets reach no other key, and no log', { timeout: 120_000 }, async () => {
  const log = await startPlanted()
  const { webhook: _sealed, otherProject: _elsewhere, ...ofProject } = TEXTS
  const { otherPersonOfSession: _unlogged, ...stored } = ofProject
  const changes = JSON.stringify(await write('GET', 'changes?limit=100'))
  expect(found(new Map(Object.entries(stored)), Buffer.from(changes))).toEqual(Object.keys(stored))

  // Requests of admin keys may stop what streams show.
  for (const name of KEY_NAMES.filter((name) => !name.startsWith('admin')))
    expect.soft({ name, leaks: await readStream(name) }).toEqual({ name, leaks: [] })
  for (const name of KEY_NAMES) {
    const { leaks, answered } = await askEverything(name)
    expect.soft({ name, leaks }).toEqual({ name, leaks: [] })
    expect(answered).toBeGreaterThan(10)
  }

  // The log names projects. It never shows what they hold.
  const { otherProject: _named, ...texts } = TEXTS
  const all = [texts, secrets].flatMap((some) => Object.entries(some))
  expect(log()).toContain('Change committed')
  expect(
    found(new Map([...all, ...tokens(), ...hashes(), ...settings()]), Buffer.from(log())),
  ).toEqual([])
})

/**
 * Sends requests of a key to every operation, and returns those whose responses hold a text that
 * the key must not receive.
 */
async function askEverything(name: KeyName) {
  const secret = secrets[name]!
  const forbidden = forbiddenTo(name)
  const keys = { admin: [secret], sdk: [secret] }
  const session = sessions[name] ?? { cookie: 'a=b', 'flaghoist-csrf': 'a' }
  const world = { project: 'default', keys, session, receiver: 'http://127.0.0.1:9/', ids: [] }
  const next = createRequests(await loadDocument(url), createChance(randomOf(1)))
  const connection = createRawConnection(url)
  const leaks: string[] = []
  let answered = 0
  const ask = async (request: FuzzRequest) => {
    const { headers, body, status } = await connection.send(bytesOf(request, new URL(url).host))
    const isWhole = headers['content-type']?.startsWith('text/event-stream') === false
    const content = isWhole && headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const texts = found(forbidden, Buffer.concat([Buffer.from(JSON.stringify(headers)), content]))
    if (texts.length > 0) leaks.push(`${request.method} ${request.path} ${status}: ${texts}`)
    if (status < 400) answered += 1
  }
  const asGzip = [
    ['authorization', `Bearer ${secret}`],
    ['accept-encoding', 'gzip'],
  ] as const
  for (const path of ['/sdk/v1/ruleset', '/metrics', '/readyz', '/openapi.json', '/errors', '/'])
    await ask({ method: 'GET', path, headers: asGzip, body: undefined })
  for (let left = name.startsWith('admin') ? 1_500 : 500; left > 0; left -= 1)
    await ask(next(world))
  connection.close()
  return { leaks, answered }
}

/** Reads the stream of a key while everything is edited, and returns the forbidden texts in it. */
async function readStream(name: KeyName): Promise<readonly string[]> {
  const stream = await openStreamClient(url, secrets[name]!)
  const other = `flags/new-checkout/layers/production/${TEXTS.otherInstance}`
  await write('PUT', other, { ...otherLayer(), on: false })
  await write('PUT', 'flags/new-checkout/layers/production/acme', { ...ownLayer(), on: false })
  await write('PATCH', 'segments/staff', { include: [TEXTS.person, 'zoe'] })
  await write('PATCH', `segments/${TEXTS.otherSegment}`, { exclude: [TEXTS.otherPerson] })
  await write('PUT', 'flags/new-checkout/layers/production/acme', ownLayer())
  for (const on of [true, false]) await write('PUT', 'flags/new-checkout/layers/production', { on })
  await stream.until('its layer was edited', () => stream.events.length >= 3)
  stream.close()
  return found(forbiddenTo(name), Buffer.from(stream.text))
}
