import { beforeEach, describe, expect, test } from 'vitest'
import type { ReportingSdk } from './known-sdk.ts'
import { createPropagation, type Propagation } from './propagation.ts'

const HOUR_MS = 60 * 60 * 1_000

const sdk = (id: string, scope = 'production/acme'): ReportingSdk => ({
  id,
  name: 'test/1',
  project: 'shop',
  scope,
  audience: 'server',
})
const at = (version: number) => ({ epoch: 'e1', version })

let clock = 0
/** Lead of the wall clock. */
let lead = 0
let propagation: Propagation
beforeEach(() => {
  clock = 0
  lead = 0
  propagation = createPropagation({ now: () => clock + lead, elapsed: () => clock })
})

/** Commits a version now, and lets SDKs confirm it after some ms each. */
function commit(version: number, confirmations: Readonly<Record<string, number>> = {}): void {
  const committedAt = clock
  propagation.committed('shop', version)
  for (const [id, ms] of Object.entries(confirmations)) {
    clock = committedAt + ms
    propagation.held(sdk(id), at(version))
  }
}

describe('propagation', () => {
  test('counts those that are connected, those that confirm, and how long that took', () => {
    for (const id of ['a', 'b', 'c', 'd']) propagation.connected(sdk(id), at(1))

    commit(2, { a: 4, b: 9, c: 80 })

    expect(propagation.report('shop', 2)).toMatchObject({
      version: 2,
      connected: 4,
      confirmed: 3,
      p50Ms: 9,
      maxMs: 80,
    })
  })

  test('takes the cursor of a connection for its word', () => {
    propagation.connected(sdk('a'), at(2))
    expect(propagation.report('shop', 2)).toMatchObject({ connected: 1, confirmed: 1 })
    expect(propagation.report('shop', 3)).toMatchObject({ connected: 1, confirmed: 0 })
  })

  test('does not time versions from before an SDK was there', () => {
    commit(2)
    clock = 500
    propagation.connected(sdk('a'), undefined)
    propagation.held(sdk('a'), at(2))
    expect(propagation.report('shop', 2)).toMatchObject({ confirmed: 1, maxMs: undefined })
  })

  test('lets one word confirm every version up to it, each from its own commit', () => {
    propagation.connected(sdk('a'), at(1))
    commit(2)
    clock = 10
    commit(3, { a: 5 })
    expect(propagation.report('shop', 2).maxMs).toBe(15)
    expect(propagation.report('shop', 3).maxMs).toBe(5)
  })

  test('still times a version when later ones were confirmed since', () => {
    propagation.connected(sdk('a'), at(1))
    for (let version = 2; version <= 40; version += 1) commit(version, { a: version })
    expect(propagation.report('shop', 7).maxMs).toBe(7)
  })

  test('remembers a bounded number of confirmations, and the version that each SDK holds', () => {
    propagation.connected(sdk('a'), at(1))
    for (let version = 2; version <= 200; version += 1) commit(version, { a: 1 })
    expect(propagation.report('shop', 2)).toMatchObject({ confirmed: 1, maxMs: undefined })
    expect(propagation.report('shop', 190)).toMatchObject({ confirmed: 1, maxMs: 1 })
  })

  test('ignores a confirmation that a later one overtook', () => {
    propagation.connected(sdk('a'), at(1))
    propagation.held(sdk('a'), at(3))
    propagation.held(sdk('a'), at(2))
    expect(propagation.report('shop', 3).confirmed).toBe(1)
  })

  test('keeps the commit times of one project whatever another one does', () => {
    propagation.connected(sdk('a'), at(1))
    propagation.committed('shop', 2)
    for (let version = 1; version <= 2_000; version += 1) propagation.committed('other', version)
    clock = 3
    propagation.held(sdk('a'), at(2))
    expect(propagation.report('shop', 2).maxMs).toBe(3)
  })

  test('confirms a version that does not affect a target by the last one that did', () => {
    propagation.connected(sdk('a'), at(1))
    propagation.connected(sdk('b', 'production/globex'), at(1))
    commit(2, { a: 4 })
    propagation.committed('shop', 3)
    const neededBy = ({ scope }: ReportingSdk) => (scope === 'production/acme' ? 2 : 1)

    const report = propagation.report('shop', 3, { neededBy })
    expect(report).toMatchObject({ connected: 2, confirmed: 2, maxMs: undefined })
    expect(report.sdks.map(({ confirmedAfterMs }) => confirmedAfterMs)).toEqual([4, undefined])
    expect(propagation.report('shop', 3, { neededBy: () => 3 }).confirmed).toBe(0)
  })

  test('times a late confirmation from when the SDK has held the version', () => {
    for (const id of ['a', 'b']) propagation.connected(sdk(id), at(1))
    clock = 100
    propagation.committed('shop', 2)
    clock = 5_000
    propagation.held(sdk('a'), at(2), 4_880)
    propagation.held(sdk('b'), at(2), 60_000)

    expect(
      propagation.report('shop', 2).sdks.map(({ confirmedAfterMs }) => confirmedAfterMs),
    ).toEqual([20, 0])
  })

  test('shows to a scope only what lies within it, and to a project only its own', () => {
    propagation.connected(sdk('a', 'production'), at(1))
    propagation.connected(sdk('b', 'production/acme'), at(1))
    propagation.connected({ ...sdk('c'), project: 'other' }, at(1))
    expect(propagation.report('shop', 1).sdks.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(
      propagation.report('shop', 1, { within: 'production/acme' }).sdks.map(({ id }) => id),
    ).toEqual(['b'])
  })
})

describe('an SDK whose stream was ended for its age', () => {
  const counts = () => {
    const { connected, confirmed } = propagation.report('shop', 1)
    return { connected, confirmed }
  }

  test('counts until it has returned, or should have', () => {
    propagation.connected(sdk('a'), at(1))
    propagation.disconnected(sdk('a'), true)
    clock = 9_999
    expect(counts()).toEqual({ connected: 1, confirmed: 1 })
    expect(propagation.connections('shop')).toEqual(new Map([['production/acme', 1]]))
    propagation.connected(sdk('a'), at(1))
    clock = 60_000
    expect(counts()).toEqual({ connected: 1, confirmed: 1 })

    propagation.disconnected(sdk('a'), true)
    clock = 70_000
    expect(counts()).toEqual({ connected: 0, confirmed: 0 })
    expect(propagation.connections('shop')).toEqual(new Map())
  })

  test('counts at once no longer where other servers may have its new stream', () => {
    propagation.connected(sdk('a'), at(1))
    propagation.disconnected(sdk('a'), true)
    expect(propagation.connections('shop', true)).toEqual(new Map())
  })

  test('and that is a relay keeps the SDKs behind it', () => {
    propagation.connected(sdk('relay'), at(1))
    propagation.relayed(sdk('relay'), { connected: 40, held: [{ version: 1, sdks: 39 }] })
    propagation.disconnected(sdk('relay'), true)
    expect(counts()).toEqual({ connected: 40, confirmed: 39 })
    expect(propagation.summary(sdk('relay'))).toMatchObject({ connected: 40 })
    propagation.connected(sdk('relay'), at(1))
    propagation.disconnected(sdk('relay'))
    expect(counts()).toEqual({ connected: 0, confirmed: 0 })
  })
})

test('after its log was restored, a lower version is confirmed too', () => {
  propagation.connected(sdk('a'), at(9))
  propagation.connected(sdk('relay'), at(9))
  propagation.relayed(sdk('relay'), { connected: 4, held: [{ version: 9, sdks: 4 }] })
  propagation.forgetVersions(sdk('a'))
  expect(propagation.report('shop', 5)).toMatchObject({ connected: 5, confirmed: 0 })
  propagation.held(sdk('a'), at(5))
  expect(propagation.report('shop', 5)).toMatchObject({ connected: 5, confirmed: 1 })
})

describe('an SDK', () => {
  test('is offline from when its last stream ended, and shown for an hour', () => {
    propagation.connected(sdk('a'), at(1))
    propagation.connected(sdk('a'), at(1))
    propagation.disconnected(sdk('a'))
    expect(propagation.report('shop', 1)).toMatchObject({ connected: 1 })
    clock = 5_000
    propagation.disconnected(sdk('a'))

    expect(propagation.report('shop', 1)).toMatchObject({
      connected: 0,
      confirmed: 0,
      sdks: [{ id: 'a', offlineSince: 5_000, version: 1 }],
    })
    clock += HOUR_MS + 1
    propagation.connected(sdk('b'), undefined)
    expect(propagation.report('shop', 1).sdks.map(({ id }) => id)).toEqual(['b'])
  })

  test.for([
    ['back', -24 * HOUR_MS],
    ['forward', 24 * HOUR_MS],
  ] as const)('is shown for an hour although the wall clock jumps %s', ([, ms]) => {
    propagation.connected(sdk('a'), at(1))
    propagation.disconnected(sdk('a'))
    clock = HOUR_MS / 2
    lead = ms
    propagation.connected(sdk('b'), undefined)

    expect(propagation.report('shop', 1).sdks).toMatchObject([
      { id: 'a', offlineSince: ms },
      { id: 'b' },
    ])
    clock = HOUR_MS + 1
    propagation.connected(sdk('c'), undefined)
    expect(propagation.report('shop', 1).sdks.map(({ id }) => id)).toEqual(['b', 'c'])
  })

  test('that polls is shown for as long as it reports', () => {
    propagation.held(sdk('a'), at(1))
    clock = HOUR_MS
    propagation.held(sdk('a'), at(1))
    clock += HOUR_MS
    propagation.connected(sdk('b'), undefined)
    expect(propagation.report('shop', 1).sdks).toMatchObject([
      { id: 'a', offlineSince: HOUR_MS },
      { id: 'b' },
    ])
  })

  test('that makes up names cannot fill the memory, nor push out those that are connected', () => {
    propagation.connected(sdk('real'), at(1))
    for (let i = 0; i < 50_100; i += 1) propagation.held(sdk(`made-up-${i}`), at(1))
    const { sdks } = propagation.report('shop', 1)
    expect(sdks).toHaveLength(50_000)
    expect(sdks[0]!.id).toBe('real')
  })
})

describe('the connected scopes', () => {
  test('have SDKs with a stream, and those that have polled within two minutes', () => {
    propagation.connected(sdk('streaming', 'production/acme'), at(1))
    propagation.held(sdk('polling', 'production/globex'), at(1))
    propagation.connected({ ...sdk('elsewhere', 'staging'), project: 'bank' }, at(1))
    expect(propagation.connectedScopes('shop')).toEqual(
      new Set(['production/acme', 'production/globex']),
    )

    clock = 2 * 60_000
    expect(propagation.connectedScopes('shop')).toEqual(new Set(['production/acme']))
  })
})
