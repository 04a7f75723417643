// The picture of docs/architecture.md as import rules for dependency-cruiser.
import { readFileSync } from 'node:fs'

/** Each package with the packages that its sources may import. Tests may import all of them. */
const PACKAGES = {
  core: [],
  health: [],
  client: ['core'],
  'sdk-node': ['core', 'client'],
  'sdk-browser': ['core', 'client'],
  'sdk-svelte': ['client', 'sdk-node', 'sdk-browser'],
  openfeature: ['client', 'sdk-node', 'sdk-browser'],
  server: ['core', 'health', 'client', 'sdk-node'],
  dashboard: [],
}

/** The rooms of the server. A renamed room is renamed here, and nowhere else. */
const FEATURES = [
  'flags',
  'environments',
  'instances',
  'scopes',
  'segments',
  'kill',
  'changes',
  'drift',
  'edits',
  'keys',
  'sessions',
  'dashboard',
  'transfer',
  'backup',
  'metrics',
  'health',
  'rollouts',
  'reports',
  'attention',
  'activity',
  'ingest',
  'ofrep',
  'relay',
  'views',
]
/** The rooms of the dashboard that its screens stand on. */
const DASHBOARD_ROOMS = [
  'api',
  'session',
  'project',
  'live',
  'keys',
  'parts',
  'forms',
  'flag',
  'matrix',
  'cell',
  'views',
  'kill',
  'rollouts',
  'sample',
  'conditions',
  'rules',
  'changes',
]
/** Rooms that features stand on, with the packages that only their routes may import. */
const SHARED = {
  projects: ['fastify'],
  policies: ['fastify'],
  calendar: ['fastify'],
  rulesets: ['fastify'],
  stores: ['fastify'],
  delivery: ['fastify'],
  resources: ['fastify'],
  validation: ['fastify'],
  streams: [],
  telemetry: [],
  http: [],
  'api-reference': [],
}

const TESTS = '\\.(test|contract)\\.ts$'
const source = (name) => `^packages/${name}/src/`
const server = (...rooms) => `${source('server')}(${rooms.join('|')})/`
const ROUTES = 'routes?\\.ts$'

const directions = Object.entries(PACKAGES).map(([name, allowed]) => ({
  name: `package-${name}`,
  comment: `${name} imports ${allowed.join(', ') || 'no other package'} only, by their entries.`,
  severity: 'error',
  from: { path: source(name), pathNot: TESTS },
  to: { path: '^packages/', pathNot: [`^packages/${name}/`, ...allowed.flatMap(entriesOf)] },
}))

const core = [
  {
    name: 'core-is-pure',
    comment: 'core imports no Node module and no dependency; only its schemas import zod.',
    severity: 'error',
    from: { path: source('core'), pathNot: [TESTS, `${source('core')}schema/`] },
    to: { pathNot: source('core') },
  },
  {
    name: 'core-schema-is-zod',
    comment: 'The schemas import zod and core only.',
    severity: 'error',
    from: { path: `${source('core')}schema/`, pathNot: TESTS },
    to: { pathNot: [source('core'), '(^|/)zod(/|$)'] },
  },
  {
    name: 'core-evaluation-is-small',
    comment: 'Evaluation imports the model and the schemas as types only: SDKs carry neither.',
    severity: 'error',
    from: { path: `${source('core')}(?!model/|schema/)`, pathNot: TESTS },
    to: { path: `${source('core')}(model|schema)/`, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'core-model-is-without-zod',
    comment: 'The model imports the schemas as types only.',
    severity: 'error',
    from: { path: `${source('core')}model/`, pathNot: TESTS },
    to: { path: `${source('core')}schema/`, dependencyTypesNot: ['type-only'] },
  },
]

const health = {
  name: 'health-is-pure',
  comment: 'health imports no Node module and no dependency.',
  severity: 'error',
  from: { path: source('health'), pathNot: TESTS },
  to: { pathNot: source('health') },
}

const rooms = [
  {
    name: 'server-features-apart',
    comment:
      'A feature never imports the routes of another feature: share a pure function instead.',
    severity: 'error',
    from: { path: server(...FEATURES), pathNot: TESTS },
    to: {
      path: `${server(...FEATURES)}.*routes?\\.ts$`,
      pathNot: `${source('server')}$1/`,
    },
  },
  {
    name: 'server-projects-below-rooms',
    comment:
      'projects/ without its routes imports no room of the server but stores/ and validation/.',
    severity: 'error',
    from: { path: server('projects'), pathNot: [TESTS, ROUTES] },
    to: { path: server('[^/]+'), pathNot: server('projects', 'stores', 'validation') },
  },
  ...Object.keys(SHARED).map((room) => ({
    name: `server-${room}-below-features`,
    comment: `${room}/ imports no feature: features stand on it.`,
    severity: 'error',
    from: { path: server(room), pathNot: TESTS },
    to: { path: server(...FEATURES) },
  })),
  ...Object.entries(SHARED)
    .filter(([, packages]) => packages.length > 0)
    .map(([room, packages]) => ({
      name: `server-${room}-without-${packages.join('-')}`,
      comment: `Only the routes of ${room}/ import ${packages.join(', ')}.`,
      severity: 'error',
      from: { path: server(room), pathNot: [TESTS, ROUTES] },
      to: { path: `(^|/)(${packages.join('|')})(/|$)` },
    })),
]

const dashboard = [
  {
    name: 'dashboard-screens-apart',
    comment: 'A screen never imports another screen: share a part instead.',
    severity: 'error',
    from: { path: `${source('dashboard')}screens/([^/]+)/` },
    to: { path: `${source('dashboard')}screens/`, pathNot: `${source('dashboard')}screens/$1/` },
  },
  {
    name: 'dashboard-rooms-below-screens',
    comment: 'Screens and the shell stand on the rooms of the dashboard.',
    severity: 'error',
    from: { path: `${source('dashboard')}(${DASHBOARD_ROOMS.join('|')})/`, pathNot: TESTS },
    to: { path: `${source('dashboard')}(screens|shell)/` },
  },
  {
    name: 'dashboard-parts-know-no-api',
    comment: 'Parts show what they are given; only the types of the API may be imported.',
    severity: 'error',
    from: { path: `${source('dashboard')}parts/`, pathNot: TESTS },
    to: {
      path: `${source('dashboard')}(?!parts/|keys/|preferences)`,
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'dashboard-one-router',
    comment: 'Only router.ts imports the router, which is young and may be replaced.',
    severity: 'error',
    from: { path: source('dashboard'), pathNot: `${source('dashboard')}router\\.ts$` },
    to: { path: '(^|/)sv-router(/|$)' },
  },
]

/** Patterns of the files that a package exports. */
function entriesOf(name) {
  const manifest = new URL(`../packages/${name}/package.json`, import.meta.url)
  const { exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
  return Object.values(exports)
    .map((conditions) => conditions['@flaghoist/source'])
    .filter(Boolean)
    .map((path) => `^packages/${name}/${path.slice(2).replaceAll('.', '\\.')}$`)
}

export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Modules that import each other are one module, or two that need a third.',
      severity: 'error',
      from: {},
      // A circle of types alone is gone when the code runs.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...directions,
    ...core,
    health,
    ...rooms,
    ...dashboard,
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.svelte-kit|build)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@flaghoist/source', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json', '.svelte'],
    },
  },
}
