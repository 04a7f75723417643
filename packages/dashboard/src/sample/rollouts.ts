import type { Ask } from './ask.ts'

const step = (share: number) => ({
  audience: { share },
  minMinutes: 0,
  minUnits: 0,
  gate: 'manual',
})
const STEPS = [step(10), step(50), step(100)]

const PLAN = {
  name: 'Pilot, Europe, all others',
  waves: [
    { name: 'Pilot', instances: { tags: { tier: 'pilot' } }, steps: STEPS },
    { name: 'Europe', instances: { tags: { region: 'eu' } }, steps: STEPS },
    { name: 'All others', instances: { rest: true }, steps: STEPS },
  ],
  failBudget: 2,
  holdback: null,
}

/** Three rollouts: one in progress, one rolled back at a customer, and one that is held. */
export async function startRollouts(of: (person: string) => Ask): Promise<void> {
  const start = async (person: string, flag: string) => {
    const ask = of(person)
    await ask('POST', 'rollouts', { key: flag, flag, environment: 'production', plan: PLAN })
    return (action: string, body: object = {}, reason = `${action} of ${flag}`) =>
      ask('POST', `rollouts/${flag}/${action}?reason=${encodeURIComponent(reason)}`, body)
  }
  const pilots = { scopes: ['production/acme', 'production/globex'] }
  const europe = {
    scopes: ['initech', 'stark', 'umbrella'].map((instance) => `production/${instance}`),
  }

  const checkout = await start('Ada', 'new-checkout')
  await finish(checkout, pilots)
  await waveOpens(of('Ada'), 'new-checkout', 1)
  await checkout('advance', europe)
  await checkout('advance', { scopes: ['production/umbrella'] })
  await checkout(
    'rollback',
    { scopes: ['production/initech'] },
    'Card payments fail: 4.1 % against 0.9 %',
  )
  await checkout('pause', { scopes: ['production/stark'] }, 'Stark opens at 08:00')

  const search = await start('Dan', 'fast-search')
  await search('advance', pilots)
  await search('advance', { scopes: ['production/acme'] })

  const slots = await start('Eve', 'delivery-slots')
  await slots('advance', pilots)
  await slots(
    'quarantine',
    { scopes: ['production/globex'], owner: 'Eve' },
    'Globex has no delivery slots yet',
  )
  await slots('pause', {}, 'The carrier changes its interface on Monday')
}

/** Time in which a server that decides each second opens a wave, also a busy one. */
const WAVE_MS = 60_000

/** Waits until the server has opened a wave. @throws {Error} after a minute */
async function waveOpens(ask: Ask, rollout: string, wave: number): Promise<void> {
  const deadline = Date.now() + WAVE_MS
  for (;;) {
    const shown = (await ask('GET', `rollouts/${rollout}`)) as { wave: number }
    if (shown.wave >= wave) return
    if (Date.now() > deadline)
      throw new Error(`The rollout ${rollout} has not opened its next wave within a minute.`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function finish(
  act: (action: string, body: object) => Promise<unknown>,
  body: object,
): Promise<void> {
  for (const _ of STEPS) await act('advance', body)
  await act('finish', body)
}
