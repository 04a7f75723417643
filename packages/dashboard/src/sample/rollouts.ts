import type { Ask, Senders } from './ask.ts'
import { type Report, withReports } from './reports.ts'
import type { Users } from './users.ts'

const step = (share: number) => ({
  audience: { share },
  minMinutes: 0,
  minUnits: 0,
  gate: 'healthy',
})
const STEPS = [step(10), step(50), step(100)]

const PLAN = {
  key: 'pilot-europe-others',
  name: 'Pilot, Europe, all others',
  waves: [
    { name: 'Pilot', instances: { tags: { tier: 'pilot' } }, steps: STEPS },
    { name: 'Europe', instances: { tags: { region: 'eu' } }, steps: STEPS },
    { name: 'All others', instances: { rest: true }, steps: STEPS },
  ],
  failBudget: 2,
  holdback: null,
  metrics: ['error', 'order'],
}

/** Users of a customer that no change harms. */
const healthy = (seed: number, share: number, count: number): Users => ({
  count,
  share,
  failing: { control: 0.009, treatment: 0.009 },
  seed,
})

/** Users that the new path harms: just enough of them for a rollback. */
const BROKEN: Users = {
  ...healthy(28, 0.1, 2_400),
  failing: { control: 0.009, treatment: 0.055 },
}

const PILOTS = { scopes: ['production/acme', 'production/globex'] }

/**
 * Creates a plan, starts three rollouts with it, and reports users of theirs: one that the server
 * rolls back at a customer by itself, one that needs more users for its next step, and one that a
 * person has paused.
 */
export async function startRollouts(senders: Senders): Promise<void> {
  await senders.person('Ada')('POST', 'plans', PLAN)
  await withReports(senders, async (report) => {
    const checkout = await rolloutOf(senders.person('Ada'), 'new-checkout')
    for (const _ of STEPS) await checkout.act('advance', PILOTS, 'The tests in staging are done')
    await checkout.act('finish', PILOTS, 'Both pilot customers have accepted it')
    await rollOutSearch(senders, report)
    await pauseSlots(senders, report)
    await breakCheckout(checkout, report)
  })
}

/** The users of the pilot customers are fine, but too few for the next step. */
async function rollOutSearch({ person }: Senders, report: Report): Promise<void> {
  const { act } = await rolloutOf(person('Dan'), 'fast-search')
  await act('advance', PILOTS, 'The new index is complete')
  await act('advance', { scopes: ['production/acme'] }, 'Acme finds more with it')
  await report('fast-search', 'acme', healthy(13, 0.5, 900))
  await report('fast-search', 'globex', healthy(26, 0.1, 700))
}

async function pauseSlots({ person }: Senders, report: Report): Promise<void> {
  const { act } = await rolloutOf(person('Eve'), 'delivery-slots')
  await act('advance', PILOTS, 'The carrier offers slots')
  const globex = { scopes: ['production/globex'], owner: 'Eve' }
  await act('quarantine', globex, 'Globex has no delivery slots yet')
  await report('delivery-slots', 'acme', healthy(12, 0.1, 600))
  await act('pause', {}, 'The carrier changes its interface on Monday')
}

/** Initech fails on the new path, so that the server rolls it back there. */
async function breakCheckout({ act, until }: Rollout, report: Report): Promise<void> {
  await until('opened its next wave', ({ wave }) => wave === 1)
  const europe = ['initech', 'stark', 'umbrella'].map((instance) => `production/${instance}`)
  await act('advance', { scopes: europe }, 'The pilot customers are content')
  await act('advance', { scopes: ['production/umbrella'] }, 'Umbrella has asked for it')
  await report('new-checkout', 'umbrella', healthy(2, 0.5, 800))
  await report('new-checkout', 'stark', healthy(205, 0.1, 500))
  await act('pause', { scopes: ['production/stark'] }, 'Stark opens at 08:00')
  await report('new-checkout', 'initech', BROKEN)
  await until('rolled back initech', ({ runs }) =>
    runs.some(({ scope, state }) => scope === 'production/initech' && state === 'quarantined'),
  )
}

/** A rollout that has been started. */
interface Rollout {
  act(action: string, body: object, reason: string): Promise<unknown>
  /** Waits until the server has decided something. @throws {Error} after a minute */
  until(what: string, isDecided: (rollout: Shown) => boolean): Promise<void>
}

interface Shown {
  readonly wave: number
  readonly runs: readonly { readonly scope: string; readonly state: string }[]
}

/** Time in which a server that decides each second makes a decision, also a busy one. */
const DECISION_MS = 60_000

async function rolloutOf(ask: Ask, flag: string): Promise<Rollout> {
  await ask('POST', 'rollouts', { key: flag, flag, environment: 'production', plan: PLAN.key })
  return {
    act: (action, body, reason) =>
      ask('POST', `rollouts/${flag}/${action}?reason=${encodeURIComponent(reason)}`, body),
    async until(what, isDecided) {
      const deadline = Date.now() + DECISION_MS
      while (!isDecided((await ask('GET', `rollouts/${flag}`)) as Shown)) {
        if (Date.now() > deadline)
          throw new Error(`The rollout ${flag} has not ${what} within a minute.`)
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
  }
}
