import { clientErrors } from '../packages/client/src/errors.ts'
import { rulesetErrors } from '../packages/core/src/evaluate/prepare.ts'
import { splitErrors } from '../packages/core/src/model/resplit.ts'
import { patchErrors } from '../packages/core/src/ruleset/patch.ts'
import { codegenErrors } from '../packages/sdk-node/src/codegen/errors.ts'
import { describeRoutes } from '../packages/server/src/api-reference/openapi.ts'
import { buildApp } from '../packages/server/src/app.ts'
import { assembleRelay } from '../packages/server/src/assemble-relay.ts'
import { assembleServices } from '../packages/server/src/assemble-services.ts'
import { loadConfig } from '../packages/server/src/config.ts'
import { serverErrors } from '../packages/server/src/errors.ts'
import { ofrepErrors } from '../packages/server/src/ofrep/errors.ts'
import { buildRelayApp } from '../packages/server/src/relay-app.ts'
import { createSdkServer } from '../packages/server/src/sdk-server.ts'
import { createMemoryStores } from '../packages/server/src/stores/memory/memory-stores.ts'

const sdkErrors = { ...clientErrors, ...rulesetErrors, ...patchErrors, ...codegenErrors }

/** A file that is written from the code, and never by hand. */
export interface GeneratedDocument {
  /** From the root of the project. */
  readonly path: string
  readonly text: string
}

/** Every generated document, as the code says it today. */
export async function generateDocs(): Promise<readonly GeneratedDocument[]> {
  return [
    { path: 'docs/errors.md', text: errorsPage() },
    // The errors page of a server is where SDKs without texts send their developers to.
    {
      path: 'packages/server/src/sdk-errors.json',
      text: `${JSON.stringify(sdkErrors, null, 2)}\n`,
    },
    { path: 'docs/openapi.json', text: await serverDocument() },
    { path: 'docs/openapi-relay.json', text: await relayDocument() },
  ]
}

/** Returns the API document of a server. */
async function serverDocument(): Promise<string> {
  const config = loadConfig({ FLAGHOIST_LOG_LEVEL: 'silent' })
  const stores = createMemoryStores()
  const services = await assembleServices(config, stores)
  const app = await buildApp(createSdkServer(services), services, { prepare: describeRoutes })
  try {
    return await documentOf(app)
  } finally {
    await stores.close()
  }
}

/** Returns the API document of a relay. */
async function relayDocument(): Promise<string> {
  const config = loadConfig({ FLAGHOIST_LOG_LEVEL: 'silent', FLAGHOIST_DATA_DIR: ':memory:' })
  // Without a key it opens no connection.
  const services = assembleRelay({ ...config, upstream: 'http://127.0.0.1:4400' })
  const app = await buildRelayApp(createSdkServer(services), services, { prepare: describeRoutes })
  try {
    return await documentOf(app)
  } finally {
    services.forwarder.close()
    await services.upstreams.close()
    await services.queue.close()
  }
}

async function documentOf(app: Awaited<ReturnType<typeof buildApp>>): Promise<string> {
  try {
    await app.ready()
    return `${JSON.stringify(app.swagger(), null, 2)}\n`
  } finally {
    await app.close()
  }
}

function errorsPage(): string {
  return [
    '# Errors',
    '',
    'Every error has a stable code, says what happened, and what to do. Written by `npm run docs` from the code.',
    section('Server', { ...serverErrors, ...splitErrors }),
    section('OFREP', ofrepErrors),
    section('SDKs', sdkErrors),
  ].join('\n')
}

type Catalog = Readonly<Record<string, { status: number; message: string; hint: string }>>

function section(title: string, catalog: Catalog): string {
  const entries = Object.entries(catalog).sort(([a], [b]) => (a < b ? -1 : 1))
  const texts = entries.map(
    ([code, { status, message, hint }]) =>
      `### ${code}\n\n${status}: ${escaped(message)}\n\n${escaped(hint)}\n`,
  )
  return `\n## ${title}\n\n${texts.join('\n')}`
}

/** Escapes `<file>` and the like, which Markdown would take for a tag. */
const escaped = (text: string): string => text.replaceAll('<', '\\<')
