import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type AdminClient, adminClient, type Propagation } from './admin.ts'
import { type Check, checkKill, checkShare, checkUntouched } from './checks.ts'
import { type Running, start } from './processes.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** Three customers of one shop, one bad release, one kill: the purpose of Flaghoist, measured. */
const INSTANCES = ['acme', 'globex', 'initech'] as const
type Instance = (typeof INSTANCES)[number]

const CUSTOMERS = 4_000
const WARM_UP_MS = 9_000
const AFTER_KILL_MS = 6_000
/** A request sent within this time after the kill may take either path. Later ones may not. */
const GRACE_MS = 100
const ROOT = new URL('../../../', import.meta.url).pathname
const SERVER = ['--disable-warning=ExperimentalWarning', join(ROOT, 'packages/server/dist/main.js')]
const SHOP = [...process.execArgv, join(ROOT, 'examples/storefront/src/main.ts')]

const running: Running[] = []
const dataDir = mkdtempSync(join(tmpdir(), 'flaghoist-demo-'))
// The demo ends even if one of its programs hangs.
setTimeout(() => {
  console.error('The demo took longer than a minute.')
  process.exit(1)
}, 58_000).unref()

try {
  const checks = await play()
  report(checks)
  process.exitCode = checks.every(({ isKept }) => isKept) ? 0 : 1
} finally {
  await Promise.all(running.map((program) => program.stop()))
  rmSync(dataDir, { recursive: true, force: true })
}

async function play(): Promise<readonly Check[]> {
  const { admin, shops } = await deploy()
  const traffic = Object.fromEntries(
    INSTANCES.map((name) => [name, startTraffic(name, shops[name].url, CUSTOMERS)]),
  ) as Record<Instance, Traffic>

  say('rolling out new-checkout: 25 % for acme, 100 % for globex, off for initech')
  await admin.rollOut('new-checkout', 'acme', 25)
  await admin.rollOut('new-checkout', 'globex', 100)
  await confirmed(admin, await admin.version())
  for (const name of INSTANCES) traffic[name].checkouts.length = 0
  await wait(WARM_UP_MS)

  const before = snapshot(traffic)
  say('globex reports broken checkouts: killing new-checkout for globex only, under load')
  const { version } = await admin.kill('new-checkout', 'globex', 'Checkout breaks for globex')
  const acknowledgedAt = performance.now()
  const propagation = await confirmed(admin, version)
  await wait(AFTER_KILL_MS)
  await Promise.all(INSTANCES.map((name) => traffic[name].stop()))
  const all = snapshot(traffic)
  const after = (name: Instance) => all[name].slice(before[name].length)

  return [
    checkShare('acme', 0.25, before.acme),
    checkShare('globex', 1, before.globex),
    checkShare('initech', 0, before.initech),
    checkKill(all.globex, acknowledgedAt, GRACE_MS),
    checkPropagation(propagation),
    checkUntouched('acme', before.acme, after('acme')),
    checkUntouched('initech', before.initech, after('initech')),
    checkFailures(traffic),
  ]
}

/** Starts the server and the three shops, each in its own process. */
async function deploy(): Promise<{ admin: AdminClient; shops: Record<Instance, Running> }> {
  const key = `fh_admin_demo_${'0'.repeat(32)}`
  const server = await launch(SERVER, {
    FLAGHOIST_PORT: '0',
    FLAGHOIST_DATA_DIR: dataDir,
    FLAGHOIST_ADMIN_KEY: key,
    FLAGHOIST_LOG_LEVEL: 'warn',
  })
  say(`server on ${server.url}`)
  const admin = adminClient(server.url, key)
  await admin.createFlag('new-checkout')

  const shops: Partial<Record<Instance, Running>> = {}
  for (const name of INSTANCES) {
    await admin.createInstance(name)
    const secret = await admin.createServerKey(name)
    shops[name] = await launch(SHOP, {
      PORT: '0',
      FLAGHOIST_URL: server.url,
      FLAGHOIST_KEY: secret,
    })
    say(`shop of ${name} on ${shops[name].url}`)
  }
  return { admin, shops: shops as Record<Instance, Running> }
}

async function launch(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<Running> {
  const program = await start(args, environment)
  running.push(program)
  return program
}

/** Polls until every shop has confirmed a version, for at most five seconds. */
async function confirmed(admin: AdminClient, version: number): Promise<Propagation> {
  const giveUpAt = performance.now() + 5_000
  for (;;) {
    const report = await admin.propagation(version)
    const isDone = report.connected === INSTANCES.length && report.confirmed === report.connected
    if (isDone || performance.now() > giveUpAt) return report
    await wait(20)
  }
}

function checkPropagation({ connected, confirmed: held, p50Ms, maxMs }: Propagation): Check {
  return {
    what: 'propagation of the kill',
    measured: `${held} of ${connected} SDKs confirmed; p50 ${p50Ms?.toFixed(1)} ms, max ${maxMs?.toFixed(1)} ms`,
    isKept:
      connected === INSTANCES.length &&
      held === connected &&
      (maxMs ?? Number.POSITIVE_INFINITY) < 1_000,
  }
}

function checkFailures(traffic: Record<Instance, Traffic>): Check {
  const failed = INSTANCES.reduce((sum, name) => sum + traffic[name].failed(), 0)
  return { what: 'all shops', measured: `${failed} failed requests`, isKept: failed === 0 }
}

function snapshot(traffic: Record<Instance, Traffic>) {
  return {
    acme: [...traffic.acme.checkouts],
    globex: [...traffic.globex.checkouts],
    initech: [...traffic.initech.checkouts],
  }
}

function report(checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ what }) => what.length))
  console.log('')
  for (const { what, measured, isKept } of checks)
    console.log(`${isKept ? ' ok ' : 'FAIL'}  ${what.padEnd(width)}  ${measured}`)
}

function say(text: string): void {
  console.log(`· ${text}`)
}
