import { setTimeout as wait } from 'node:timers/promises'
import type { AdminClient, Propagation } from './admin.ts'
import { type Check, checkKill, checkShare, checkUntouched } from './checks.ts'
import type { Running } from './processes.ts'
import { playDemo, type Stage, say } from './stage.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** Three customers of one shop, one bad release, one kill: the purpose of Flaghoist, measured. */
const INSTANCES = ['acme', 'globex', 'initech'] as const
type Instance = (typeof INSTANCES)[number]

const CUSTOMERS = 4_000
const WARM_UP_MS = 9_000
const AFTER_KILL_MS = 6_000
/** A request sent within this time after the kill may take either path. Later ones may not. */
const GRACE_MS = 100

await playDemo(58_000, play)

async function play(stage: Stage): Promise<readonly Check[]> {
  const { admin, shops } = await deploy(stage)
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
async function deploy(
  stage: Stage,
): Promise<{ admin: AdminClient; shops: Record<Instance, Running> }> {
  const admin = await stage.startServer()
  await admin.createFlag('new-checkout')
  const shops: Partial<Record<Instance, Running>> = {}
  for (const name of INSTANCES) {
    await admin.createInstance(name)
    shops[name] = await stage.startShop(name, admin)
  }
  return { admin, shops: shops as Record<Instance, Running> }
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
