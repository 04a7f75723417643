import { type Context, Unleash } from 'unleash-client'
import { CLAUSES, type FlagPlan, SEGMENT } from '../cases.ts'
import { type Contender, peerName } from '../contender.ts'

type Options = ConstructorParameters<typeof Unleash>[0]
type Bootstrap = Pick<NonNullable<Options['bootstrap']>, 'data' | 'segments'>

/** Bootstrapped without a server. Metrics are off, in its favour. */
export const unleash: Contender = {
  name: peerName('unleash-client'),
  kind: 'peer',
  contextOf: ({ id, plan, country, seats }): Context => ({
    userId: id,
    properties: { plan, country, seats: String(seats) },
  }),
  configuration: (flags) =>
    JSON.stringify({
      data: flags.map(featureOf),
      segments: [{ id: 1, name: 'beta', constraints: [constraint('userId', 'IN', SEGMENT)] }],
    }),
  async load(configuration, key) {
    const client = new Unleash({
      appName: 'bench',
      url: 'http://127.0.0.1:9/api', // Never requested: the interval is 0.
      refreshInterval: 0,
      disableMetrics: true,
      skipInstanceCountWarning: true,
      bootstrapOverride: true,
      bootstrap: JSON.parse(configuration) as Bootstrap,
      storageProvider: { get: async () => undefined, set: async () => undefined },
    })
    await new Promise((resolve) => client.once('ready', resolve))
    return {
      ask: (context) => client.isEnabled(key, context as Context),
      close: () => client.destroy(),
    }
  },
}

function featureOf(flag: FlagPlan) {
  return {
    name: flag.key,
    type: 'release',
    enabled: true,
    stale: false,
    impressionData: false,
    project: 'default',
    variants: [],
    strategies: [strategyOf(flag)],
  }
}

function strategyOf({ kind, key: groupId }: FlagPlan) {
  const rollout = { on: '100', rollout: '25', clauses: '50', segment: '100' }[kind]
  const strategy = {
    name: 'flexibleRollout',
    parameters: { rollout, stickiness: 'userId', groupId },
    constraints: [],
  }
  if (kind === 'on') return { name: 'default', parameters: {}, constraints: [] }
  if (kind === 'segment') return { ...strategy, segments: [1] }
  if (kind === 'rollout') return strategy
  const seats = { ...constraint('seats', 'NUM_GTE', []), value: String(CLAUSES.seats) }
  return {
    ...strategy,
    constraints: [
      constraint('plan', 'IN', CLAUSES.plan),
      constraint('country', 'IN', [CLAUSES.country]),
      seats,
    ],
  }
}

function constraint(contextName: string, operator: string, values: readonly string[]) {
  return { contextName, operator, values, inverted: false, caseInsensitive: false }
}
