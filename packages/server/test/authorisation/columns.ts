import { ADMIN_KEY, type TestServer } from '../http-server.ts'
import { signIn } from '../sign-in.ts'
import {
  ADMIN_BOUNDS,
  type AdminBound,
  BOUND_NAMES,
  BOUNDS,
  type Bound,
  type Caller,
  type Column,
  type Csrf,
  type KeyKind,
} from './callers.ts'
import { succeed } from './succeed.ts'

export const METRICS_TOKEN = 'metrics-token-for-tests-only'
const MINUTE_MS = 60_000

interface MadeKey {
  readonly id: string
  readonly secret: string
}

/** Creates the callers of a server with the projects `default` and `bank`. */
export async function makeColumns(server: TestServer): Promise<readonly Column[]> {
  const admins = new Map<AdminBound, string>([['all projects', ADMIN_KEY]])
  for (const bound of BOUND_NAMES) admins.set(bound, (await makeKey(server, 'admin', bound)).secret)
  return [
    { name: 'nobody', caller: { kind: 'nobody' }, headers: {} },
    ...ADMIN_BOUNDS.map((bound) => withKey({ kind: 'admin', bound }, admins.get(bound)!)),
    ...(await sessions(server, admins)),
    ...(await sdks(server)),
    withKey({ kind: 'override' }, (await makeKey(server, 'override', 'environment')).secret),
    withKey({ kind: 'metrics token' }, METRICS_TOKEN),
    ...unknownKeys(),
    ...(await endedKeys(server)),
  ]
}

async function makeKey(
  server: TestServer,
  kind: KeyKind,
  bound: Bound,
  lifeMs = 60 * MINUTE_MS,
): Promise<MadeKey> {
  const [project, scope] = BOUNDS[bound]
  const expiresAt = new Date(Date.now() + lifeMs).toISOString()
  const override = kind === 'override' && { override: { flag: 'whose', variant: 'v0' } }
  const body = { name: `${kind}, ${bound}`, kind, expiresAt, ...(scope && { scope }), ...override }
  return succeed(await server.ask<MadeKey>('POST', `/api/v1/projects/${project}/keys`, { body }))
}

function withKey(caller: Caller, secret: string, more: Partial<Column> = {}): Column {
  const name = [caller.kind, ...('bound' in caller ? [caller.bound] : [])].join(', ')
  return { name, caller, secret, headers: { authorization: `Bearer ${secret}` }, ...more }
}

async function sessions(
  server: TestServer,
  admins: ReadonlyMap<AdminBound, string>,
): Promise<readonly Column[]> {
  const { headers: other } = await signIn(server.url, ADMIN_KEY)
  const columns: Column[] = []
  for (const [bound, key] of admins) {
    const { headers } = await signIn(server.url, key)
    const { cookie } = headers
    const add = (csrf: Csrf, sent: Readonly<Record<string, string>>) => {
      const caller: Caller = { kind: 'session', bound, csrf }
      columns.push({ name: `session, ${bound}, with ${csrf}`, caller, headers: sent })
    }
    if (bound === 'project') {
      add('no CSRF token', { cookie })
      add('the CSRF token of another session', { ...other, cookie })
    }
    add('its CSRF token', headers)
  }
  return columns
}

async function sdks(server: TestServer): Promise<readonly Column[]> {
  const columns: Column[] = []
  for (const kind of ['server', 'client'] as const)
    for (const bound of BOUND_NAMES) {
      const { secret } = await makeKey(server, kind, bound)
      columns.push(withKey({ kind, bound, isRelayed: true }, secret))
    }
  const secretOf = async (kind: 'server' | 'client') =>
    (await makeKey(server, kind, 'instance')).secret
  const [exposed, plain, direct] = [
    await secretOf('server'),
    await secretOf('client'),
    await secretOf('server'),
  ]
  const authorization = `Bearer ${exposed}`
  const unrelayed = { kind: 'server', bound: 'instance', isRelayed: false } as const
  return [
    ...columns,
    withKey({ kind: 'server in a browser' }, exposed, {
      headers: { authorization, origin: 'https://shop.example' },
    }),
    withKey({ kind: 'client', bound: 'instance', isRelayed: true }, plain, {
      name: 'client, instance, in X-API-Key',
      headers: { 'x-api-key': plain },
    }),
    withKey(unrelayed, direct, { name: 'server, instance, unknown to the relay' }),
  ]
}

function unknownKeys(): readonly Column[] {
  return (['admin', 'server'] as const).map((was) => {
    const caller = { kind: 'invalid key', was, isRelayed: false } as const
    return withKey(caller, `fh_${was}_unknown`, { name: `unknown key of kind ${was}` })
  })
}

/** Keys that were revoked or expire within a minute, and sessions that end with them. */
async function endedKeys(server: TestServer): Promise<readonly Column[]> {
  const columns: Column[] = []
  const addSession = async (name: string, key: MadeKey) => {
    const { headers } = await signIn(server.url, key.secret)
    columns.push({ name, caller: { kind: 'ended session' }, headers })
    return headers
  }
  for (const was of ['admin', 'server', 'client', 'override'] as const) {
    const bound = was === 'override' ? 'environment' : 'project'
    const expired = await makeKey(server, was, bound, MINUTE_MS)
    const revoked = await makeKey(server, was, bound)
    if (was === 'admin') {
      await addSession('session of an expired key', expired)
      await addSession('session of a revoked key', revoked)
      const headers = await addSession(
        'session after a sign-out',
        await makeKey(server, was, bound),
      )
      succeed(await server.ask('DELETE', '/api/v1/session', { key: null, headers }))
    }
    succeed(await server.ask('DELETE', `keys/${revoked.id}`))
    const caller = { kind: 'invalid key', was, isRelayed: true } as const
    columns.push(
      withKey(caller, expired.secret, { name: `expired key of kind ${was}` }),
      withKey(caller, revoked.secret, { name: `revoked key of kind ${was}` }),
    )
  }
  return columns
}
