import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { pass, run, startEngine, stopClocks, TICK_MS } from '../../test/engines.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import { openSqliteStores } from '../stores/sqlite/sqlite-stores.ts'
import { MINUTE_MS } from '../time.ts'
import { givenRolloutShop, regressedIn } from './rollouts-fixture.ts'

/** Functions that open stores as the processes on one store do. */
const STORES = {
  'one memory'() {
    const memory = createMemory()
    return () => createMemoryStores(memory)
  },
  // A second process cannot open the file, so both engines use what the first has opened.
  'one SQLite file'() {
    const folder = mkdtempSync(join(tmpdir(), 'flaghoist-engines-'))
    const stores = openSqliteStores(folder)
    onTestFinished(async () => {
      await stores.close()
      rmSync(folder, { recursive: true })
    })
    return () => stores
  },
}
const ACME = 'production/acme'

/** Two engines, of which the first has the lease, and a run of acme whose next step is due soon. */
async function given(openStores: () => ReturnType<typeof openSqliteStores>) {
  let bad = ''
  const inputAt = (now: number) => ({ ...regressedIn(bad), now })
  const shop = await givenRolloutShop([], openStores())
  const one = await startEngine(openStores(), inputAt)
  const other = await startEngine(openStores(), inputAt)
  await one.engine.tick()
  await shop.start()
  const read = () => shop.projects.get('shop').state
  const acme = () => read().runs.get('r1')!.get(ACME)!
  for (const { projects } of [one, other]) await projects.catchUp('shop', read().version)
  await run(2 * TICK_MS, one, other)
  await shop.projects.catchUp('shop', one.projects.get('shop').state.version)
  expect(acme()).toMatchObject({ state: 'exposing', step: 0 })
  const due = Date.parse(acme().since) + 10 * MINUTE_MS
  await run(due - Date.now() - TICK_MS, one, other)
  const regress = () => {
    bad = ACME
  }
  return { ...shop, read, one, other, acme, regress }
}

beforeEach(stopClocks)

describe.for(Object.entries(STORES))('two engines on %s', ([, openStores]) => {
  test('make each step once', async () => {
    const { one, other, acme } = await given(openStores())
    await run(TICK_MS, one, other)

    await expect.poll(acme).toMatchObject({ state: 'exposing', step: 1 })
    expect(other.stored).toEqual([])
    expect([...one.errors, ...other.errors]).toEqual([])
  })

  test('store nothing for the one that was paused for longer than its lease', async () => {
    const { one, other, acme, read, stores } = await given(openStores())
    pass(TICK_MS)
    one.pause()
    const late = one.engine.tick()
    await run(3 * TICK_MS, other)
    const { version } = read()

    one.resume()
    await late
    await one.engine.tick()

    expect(await stores.log.head('shop')).toMatchObject({ version })
    expect(acme()).toMatchObject({ state: 'exposing', step: 0 })
    await run(3 * MINUTE_MS, one, other)
    await expect.poll(acme).toMatchObject({ state: 'exposing', step: 1 })
    await expect.poll(() => one.projects.get('shop').state).toStrictEqual(read())
    expect(other.stored).toHaveLength(1)
    expect([...one.errors, ...other.errors]).toEqual([])
  })

  test('make no step for two minutes after one was killed', async () => {
    const { other, acme } = await given(openStores())
    await run(3 * TICK_MS, other)
    await run(2 * MINUTE_MS - TICK_MS, other)
    expect(other.stored).toEqual([])
    await run(TICK_MS, other)

    await expect.poll(acme).toMatchObject({ state: 'exposing', step: 1 })
  })

  test('roll back as soon as another has the lease of one that was killed', async () => {
    const { other, acme, regress } = await given(openStores())
    regress()
    await run(3 * TICK_MS, other)

    await expect.poll(acme).toMatchObject({ state: 'rolled-back' })
  })

  test('pass the lease on at once when one stops in order', async () => {
    const { one, other, acme, regress } = await given(openStores())
    await one.engine.start()()
    regress()
    await other.engine.tick()

    await expect.poll(acme).toMatchObject({ state: 'rolled-back' })
    expect(other.stored).toHaveLength(1)
  })
})

test('an engine counts the SDKs of other servers as connected', async () => {
  const stores = createMemoryStores()
  const shop = await givenRolloutShop([], stores)
  await shop.start()
  const presence = { record: async () => undefined, recent: async () => new Set(['staging']) }
  const { engine, projects } = await startEngine({ ...stores, presence }, (now) => ({
    ...regressedIn(''),
    now,
  }))
  const project = projects.get('shop')

  const { isConnected } = await engine.inputOf(project, project.state.rollouts.get('r1')!)

  expect(['production', 'staging', 'testing'].map(isConnected)).toEqual([true, true, false])
})
