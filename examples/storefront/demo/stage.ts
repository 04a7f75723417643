import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AdminClient, adminClient } from './admin.ts'
import type { Check } from './checks.ts'
import { type Running, start } from './processes.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const SERVER = ['--disable-warning=ExperimentalWarning', join(ROOT, 'packages/server/dist/main.js')]
const SHOP = [...process.execArgv, join(ROOT, 'examples/storefront/src/main.ts')]
const ADMIN_KEY = `fh_admin_demo_${'0'.repeat(32)}`

type Environment = Readonly<Record<string, string>>

/** A client for the admin API of a server, with the URL of the server. */
type ServerClient = AdminClient & { readonly url: string }

/** The programs of a demo. */
export interface Stage {
  /** Starts a server with an empty data folder. */
  startServer(environment?: Environment): Promise<ServerClient>
  /** Starts the shop of a customer, with a key of its instance. */
  startShop(instance: string, server: ServerClient, environment?: Environment): Promise<Running>
}

/**
 * Plays a demo: prints its checks, ends its programs, and fails the process if a check fails or the
 * demo takes too long.
 */
export async function playDemo(
  maxMs: number,
  play: (stage: Stage) => Promise<readonly Check[]>,
): Promise<void> {
  const running: Running[] = []
  const dataDir = mkdtempSync(join(tmpdir(), 'flaghoist-demo-'))
  // The demo ends even if one of its programs hangs.
  setTimeout(() => {
    console.error(`The demo took longer than ${maxMs / 1_000} seconds.`)
    process.exit(1)
  }, maxMs).unref()

  const launch = async (args: readonly string[], environment: Environment) => {
    const program = await start(args, environment)
    running.push(program)
    return program
  }
  try {
    const checks = await play({
      async startServer(environment = {}) {
        const { url } = await launch(SERVER, {
          FLAGHOIST_PORT: '0',
          FLAGHOIST_DATA_DIR: dataDir,
          FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
          FLAGHOIST_LOG_LEVEL: 'warn',
          ...environment,
        })
        say(`server on ${url}`)
        return { ...adminClient(url, ADMIN_KEY), url }
      },
      async startShop(instance, server, environment = {}) {
        const secret = await server.createServerKey(instance)
        const base = { PORT: '0', FLAGHOIST_URL: server.url, FLAGHOIST_KEY: secret }
        const shop = await launch(SHOP, { ...base, ...environment })
        say(`shop of ${instance} on ${shop.url}`)
        return shop
      },
    })
    report(checks)
    process.exitCode = checks.every(({ isKept }) => isKept) ? 0 : 1
  } finally {
    await Promise.all(running.map((program) => program.stop()))
    rmSync(dataDir, { recursive: true, force: true })
  }
}

export function say(text: string): void {
  console.log(`· ${text}`)
}

function report(checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ what }) => what.length))
  console.log('')
  for (const { what, measured, isKept } of checks)
    console.log(`${isKept ? ' ok ' : 'FAIL'}  ${what.padEnd(width)}  ${measured}`)
}
