import { expect, test } from 'vitest'
import { flag } from '../../../test/shop.ts'
import type { ReadinessFacts, ScopeFacts } from './facts.ts'
import { readinessOf } from './readiness.ts'

const SCOPE: ScopeFacts = {
  scope: 'production/acme',
  sdks: ['@flaghoist/node/0.1.0'],
  oldServed: 10,
  evaluations: 10,
  units: 0,
  silentMetrics: [],
  isKilled: false,
  unmet: [],
}

function factsOf(parts: Partial<ReadinessFacts> = {}): ReadinessFacts {
  const made = flag('search', { expectedRemovalAt: '2027-03-01T00:00:00Z' }).after
  return {
    path: '/api/v1/projects/shop',
    flag: { ...made, layers: {} } as ReadinessFacts['flag'],
    environment: 'production',
    isProtected: false,
    from: 'off',
    scopes: [SCOPE],
    metrics: 3,
    inProgress: undefined,
    dependants: [],
    incidents: [],
    ...parts,
  }
}

const inScope = (parts: Partial<ScopeFacts>) =>
  factsOf({ scopes: [SCOPE, { ...SCOPE, scope: 'production/globex', ...parts }] })
const inFlag = (parts: Partial<ReadinessFacts['flag']>) =>
  factsOf({ flag: { ...factsOf().flag, ...parts } })

test('every check is met, and has no fix', () => {
  for (const item of readinessOf(factsOf())) {
    expect(item).toMatchObject({ isMet: true })
    expect(item).not.toHaveProperty('fix')
  }
})

test.for([
  ['sdks-connected', inScope({ sdks: [] }), 'in production/globex.', '/propagation'],
  ['outcomes-reported', inScope({ sdks: ['curl/8'] }), 'production/globex', '@flaghoist/node'],
  ['old-path-exercised', inScope({ oldServed: 0 }), 'served "off"', 'flags.isEnabled("search")'],
  ['metrics-defined', factsOf({ metrics: 0 }), 'No metric', 'POST /api/v1/projects/shop/metrics'],
  ['metrics-arriving', inScope({ silentMetrics: ['paid'] }), 'of paid', 'track("paid"'],
  ['not-frozen', inScope({ closed: { text: 'The sale is on.' } }), 'The sale is on.', 'Wait'],
  [
    'prerequisites-on',
    inScope({ unmet: ['api'] }),
    'api must be on first in production/globex',
    'PATCH /api/v1/projects/shop/flags/api/layers/production {"on": true}',
  ],
  ['owner-set', inFlag({ owner: '' }), 'no owner', 'PATCH /api/v1/projects/shop/flags/search'],
  ['removal-planned', inFlag({ expectedRemovalAt: undefined }), 'no date', 'expectedRemovalAt'],
  ['no-rollout', factsOf({ inProgress: 'r1' }), '"r1"', '/rollouts/r1/abort'],
  [
    'not-killed',
    inScope({ isKilled: true }),
    'killed in production/globex',
    'POST /api/v1/projects/shop/flags/search/restore {"scopes": ["production/globex"]}',
  ],
] as const)(
  '%s is the only check that fails, and its fix is literal',
  ([check, facts, text, fix]) => {
    const failed = readinessOf(facts).filter(({ isMet }) => !isMet)
    expect(failed.map((item) => item.check)).toEqual([check])
    expect(failed[0]!.text).toContain(text)
    expect(failed[0]!.fix).toContain(fix)
  },
)

test('a long list of scopes is cut', () => {
  const scopes = Array.from({ length: 8 }, (_, i) => ({ ...SCOPE, scope: `p/i${i}`, sdks: [] }))
  expect(readinessOf(factsOf({ scopes }))[0]!.text).toBe(
    'No SDK is connected in p/i0, p/i1, p/i2, p/i3, p/i4 and 3 more.',
  )
})
