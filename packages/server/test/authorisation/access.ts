import {
  ADMIN_BOUNDS,
  BOUND_NAMES,
  BOUNDS,
  type Bound,
  type Caller,
  type Column,
} from './callers.ts'

/** The outcomes of a request, by their letters. */
export const OUTCOMES = {
  // Authorised: the response has the status of the row.
  '+': {},
  // Refused: the credential is missing, or no longer valid.
  m: { status: 401, code: 'KEY_MISSING' },
  u: { status: 401, code: 'KEY_UNKNOWN' },
  n: { status: 401, code: 'KEY_NOT_RELAYED' },
  s: { status: 401, code: 'SESSION_ENDED' },
  t: { status: 401, code: 'METRICS_TOKEN_REQUIRED' },
  T: { status: 401, code: 'STREAM_TOKEN_INVALID' },
  // Refused: the credential does not permit this.
  x: { status: 403, code: 'CSRF_TOKEN_REQUIRED' },
  k: { status: 403, code: 'KEY_KIND_FORBIDDEN' },
  b: { status: 403, code: 'KEY_IN_BROWSER' },
  p: { status: 403, code: 'PROJECT_KEY_REQUIRED' },
  f: { status: 403, code: 'SCOPE_FORBIDDEN' },
  o: { status: 403, code: 'SCOPE_OUTSIDE_KEY' },
  v: { status: 403, code: 'OVERRIDE_REFUSED' },
  // Hidden: as if it did not exist.
  h: { status: 404, code: 'PROJECT_NOT_FOUND' },
  e: { status: 404, code: 'ENTITY_NOT_FOUND' },
  c: { status: 404, code: 'CHANGE_NOT_FOUND' },
  // Incomplete: a key without an environment needs a scope, and a sign-in needs a key.
  r: { status: 400, code: 'SCOPE_REQUIRED' },
  i: { status: 400, code: 'REQUEST_INVALID' },
} as const
export type Letter = keyof typeof OUTCOMES

/**
 * The rules of routes for admin keys. Each letter is the outcome for one key, in the order of
 * `ADMIN_BOUNDS`. First come the keys of all projects, the own project, everywhere, the own
 * environment and the own instance; then those of another environment, another instance, and the
 * own instance in another environment; then those of another project, and of the same scope there.
 * Sessions have the rights of their key. All other callers are refused.
 */
// biome-ignore format: a table
const ADMIN_RULES = {
  everyKey:       '+++++ +++ ++',
  ownSessions:    '+++ee eee ee',
  allProjects:    '+pppp ppp pp',
  foreignProject: '+hhhh hhh hh',
  // Every key of the project, for the part that it may see or change.
  part:           '+++++ +++ hh',
  // The environment `production`.
  environment:    '+++++ e+e hh',
  // The instance `acme`.
  instance:       '+++++ +e+ hh',
  // A layer in `production/acme`.
  layer:          '+++++ eee hh',
  writeLayer:     '+++++ fff hh',
  // A read that names the scope `production/acme`.
  scope:          '+++++ ooo hh',
  // A change in `production/acme`.
  change:         '+++++ ccc hh',
  // A rollout that reaches every instance in `production`.
  rollout:        '+++++ e+e hh',
  // The run of such a rollout in `production/acme`.
  run:            '+++++ eee hh',
  // An entity of the whole project, which may name others.
  entity:         '+++ee eee hh',
  writeEntity:    '+++ff fff hh',
  // A route for keys of the whole project.
  project:        '+++pp ppp hh',
} satisfies Readonly<Record<string, string>>

/**
 * The rules of requests that ask for a scope, for keys of SDKs: a letter for each key, in the order
 * of `BOUNDS`, as above without the key of all projects.
 */
// biome-ignore format: a table
const ASKED_SCOPES = {
  '':                           'rr++ +++ r+',
  '?scope=*':                   'rrrr rrr rr',
  '?scope=production':          '+++o ooo +o',
  '?scope=production/acme':     '++++ ooo ++',
  '?scope=production/umbrella': '+++o o+o eo',
  '?scope=qa':                  '++oo +oo eo',
  '?instance=acme':             'rr++ +o+ r+',
  '?instance=umbrella':         'rr+o ++o ro',
} satisfies Readonly<Record<string, string>>
export type AskedScope = keyof typeof ASKED_SCOPES
export const ASKED = Object.keys(ASKED_SCOPES) as readonly AskedScope[]

/** The outcomes of an override of `production/acme` for the client keys of `BOUNDS`. */
const OVERRIDE_RULE = 'rrv+ vvv rv'

/** The rule of a route. */
export type Access =
  | keyof typeof ADMIN_RULES
  | AskedScope
  | 'open'
  | 'metrics'
  | 'override'
  | 'overrideSecret'
  | 'signIn'
  | 'noStreamToken'

/** The server that a request is sent to. */
export type Served = 'server' | 'relay'

/** Returns the outcome that the rule of a route demands for a column. */
export function letterOf(
  access: Access,
  { caller }: Column,
  { on, isWrite }: { readonly on: Served; readonly isWrite: boolean },
): Letter {
  if (access === 'open') return '+'
  if (access === 'noStreamToken') return 'T'
  if (access === 'metrics') return on === 'server' || caller.kind === 'metrics token' ? '+' : 't'
  // The body holds the key of an override, which a client key sends.
  if (access === 'overrideSecret') return caller.kind === 'override' ? '+' : 'v'
  if (access === 'signIn') return ofSignIn(caller)
  if (access === 'override') return ofSdk(caller, on, OVERRIDE_RULE, ['client'])
  if (access in ASKED_SCOPES) return ofSdk(caller, on, ASKED_SCOPES[access as AskedScope])
  return ofAdmin(caller, ADMIN_RULES[access as keyof typeof ADMIN_RULES], isWrite)
}

function ofAdmin(caller: Caller, rule: string, isWrite: boolean): Letter {
  switch (caller.kind) {
    case 'nobody':
      return 'm'
    case 'invalid key':
    case 'metrics token':
      return 'u'
    case 'ended session':
      return 's'
    case 'admin':
      return letterAt(rule, ADMIN_BOUNDS.indexOf(caller.bound))
    case 'session':
      return isWrite && caller.csrf !== 'its CSRF token'
        ? 'x'
        : letterAt(rule, ADMIN_BOUNDS.indexOf(caller.bound))
    default:
      return 'k'
  }
}

/** @param kinds kinds of keys that the route is for */
function ofSdk(
  caller: Caller,
  on: Served,
  rule: string,
  kinds: readonly Caller['kind'][] = ['server', 'client'],
): Letter {
  switch (caller.kind) {
    // The routes of SDKs know no sessions.
    case 'nobody':
    case 'session':
    case 'ended session':
      return 'm'
    case 'invalid key':
      if (on === 'server') return 'u'
      // A relay knows the kind by the prefix, and asks the upstream about its own keys only.
      if (caller.was === 'admin' || caller.was === 'override') return 'k'
      return caller.isRelayed ? 'u' : 'n'
    case 'metrics token':
      return on === 'server' ? 'u' : 'n'
    case 'server in a browser':
      return kinds.includes('server') ? 'b' : 'k'
    case 'server':
    case 'client':
      if (on === 'relay' && !caller.isRelayed) return 'n'
      return kinds.includes(caller.kind) ? letterAt(rule, BOUND_NAMES.indexOf(caller.bound)) : 'k'
    default:
      return 'k'
  }
}

/** The body holds the key of the caller. */
function ofSignIn({ kind }: Caller): Letter {
  if (kind === 'admin') return '+'
  if (kind === 'invalid key' || kind === 'metrics token') return 'u'
  return kind === 'nobody' || kind === 'session' || kind === 'ended session' ? 'i' : 'k'
}

function letterAt(rule: string, index: number): Letter {
  return rule.replaceAll(' ', '')[index] as Letter
}

/** Returns the scope that an authorised request of an SDK receives, as `<project> <scope>`. */
export function servedScope(asked: AskedScope, bound: Bound): string {
  const [project, own] = BOUNDS[bound]
  const [, name, value] = /^\?(\w+)=(.+)$/.exec(asked) ?? []
  if (name === undefined) return `${project} ${own}`
  return name === 'scope' ? `${project} ${value}` : `${project} ${own!.split('/')[0]}/${value}`
}
