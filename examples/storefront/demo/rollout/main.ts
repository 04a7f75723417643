import { setTimeout as wait } from 'node:timers/promises'
import type { AdminClient, Decision, Rollout } from '../admin.ts'
import { type Check, shareOfNew } from '../checks.ts'
import { playDemo, type Stage, say } from '../stage.ts'
import { startTraffic, type Traffic } from '../traffic.ts'
import { PLAN } from './plan.ts'
import { type Message, startReceiver } from './receiver.ts'
import { BROKEN, scorecard } from './scorecard.ts'

/** Five customers of one shop, and a release that only one of them cannot take. */
const INSTANCES = ['acme', 'globex', 'hooli', 'initech', 'umbrella'] as const
const CUSTOMERS = 4_000
/** Time for orders after the end of the rollout, ms. */
const SETTLED_MS = 3_000
const MAX_MS = 170_000

const receiver = await startReceiver()
await playDemo(MAX_MS + 8_000, play).finally(() => receiver.stop())

async function play(stage: Stage): Promise<readonly Check[]> {
  const { admin, traffic } = await deploy(stage)
  say(`${BROKEN} has a customisation that the new checkout cannot take: vouchers`)
  say(`rolling out new-checkout by the plan "${PLAN.name}"`)
  const { key } = await admin.startRollout({
    flag: 'new-checkout',
    environment: 'production',
    plan: PLAN,
  })
  const rollout = await finished(admin, key)
  for (const name of INSTANCES) traffic[name]!.checkouts.length = 0
  await wait(SETTLED_MS)
  await Promise.all(INSTANCES.map((name) => traffic[name]!.stop()))

  receiver.messages.forEach(tell)
  const shares = INSTANCES.map((name) => [name, shareOfNew(traffic[name]!.checkouts).share])
  return scorecard({
    rollout,
    timeline: await admin.timeline(key),
    messages: receiver.messages,
    shares: Object.fromEntries(shares),
    failed: INSTANCES.reduce((sum, name) => sum + traffic[name]!.failed(), 0),
  })
}

/** Starts the server, a shop for each customer, and their traffic. */
async function deploy(
  stage: Stage,
): Promise<{ admin: AdminClient; traffic: Record<string, Traffic> }> {
  // The receiver of the messages is on this machine.
  const admin = await stage.startServer({ FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1' })
  await admin.createFlag('new-checkout')
  await admin.subscribe(receiver.url, ['rolled-back', 'quarantined', 'rollout-ended'])
  await admin.createSegment('self', ['acme-customer-1'])
  await admin.createSegment('team', ['acme-customer-2', 'acme-customer-3'])

  const traffic: Record<string, Traffic> = {}
  for (const name of INSTANCES) {
    await admin.createInstance(name, name === 'acme' ? { tier: 'pilot' } : {})
    const shop = await stage.startShop(name, admin, {
      // The failures of the new path are the point of the demo.
      NODE_NO_WARNINGS: '1',
      ...(name === BROKEN && { SHOP_VOUCHERS: '1' }),
    })
    traffic[name] = startTraffic(name, shop.url, CUSTOMERS)
  }
  return { admin, traffic }
}

/** Prints each decision of the rollout once it is made, until the rollout ends. */
async function finished(admin: AdminClient, key: string): Promise<Rollout> {
  let printed = 0
  const giveUpAt = performance.now() + MAX_MS
  for (;;) {
    const [rollout, timeline] = await Promise.all([admin.rollout(key), admin.timeline(key)])
    for (const decision of timeline.slice(printed)) print(decision)
    printed = timeline.length
    if (rollout.status !== 'running' || performance.now() > giveUpAt) return rollout
    await wait(500)
  }
}

function print({ at, scope = '', state = '', action, reason = '' }: Decision): void {
  const what = scope === '' ? action : `${scope} ${state}`
  console.log(`  ${at.slice(11, 19)}  ${what.padEnd(34)}  ${reason}`)
}

function tell({ data: { what, todo } }: Message): void {
  console.log(`  message: ${what} ${todo}`)
}
