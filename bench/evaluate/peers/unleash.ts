import { Unleash } from 'unleash-client'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map(({ id, plan, country, seats }) => ({
  userId: id,
  properties: { plan, country, seats: String(seats) },
}))

/** Bootstrapped, without a server; metrics are off, which is to its favour. */
export const unleash: Contender = {
  name: 'unleash-client 6.12.1',
  async prepare(name, flags) {
    const client = new Unleash({
      appName: 'bench',
      url: 'http://127.0.0.1:9/api',
      refreshInterval: 0,
      disableMetrics: true,
      skipInstanceCountWarning: true,
      backupPath: '/nonexistent',
      bootstrapOverride: true,
      bootstrap: {
        data: Array.from({ length: flags }, (_, i) => ({
          name: flagKey(i),
          type: 'release',
          enabled: true,
          stale: false,
          impressionData: false,
          project: 'default',
          variants: [],
          strategies: [strategyOf(name, flagKey(i))],
        })),
        segments: [{ id: 1, name: 'beta', constraints: [constraint('userId', 'IN', SEGMENT)] }],
      },
      storageProvider: { get: async () => undefined, set: async () => undefined },
    } as unknown as ConstructorParameters<typeof Unleash>[0])
    client.on('error', () => undefined)
    client.on('warn', () => undefined)
    await new Promise((resolve) => client.once('ready', resolve))
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (context) => client.isEnabled(key, context as (typeof contexts)[number]),
      close: () => client.destroy(),
    }
  },
}

function strategyOf(name: CaseName, groupId: string) {
  const rollout = { on: '100', rollout: '25', clauses: '50', segment: '100' }[name]
  const strategy = {
    name: 'flexibleRollout',
    parameters: { rollout, stickiness: 'userId', groupId },
    constraints: [] as unknown[],
    segments: [] as number[],
  }
  if (name === 'on') return { name: 'default', parameters: {}, constraints: [] }
  if (name === 'segment') return { ...strategy, segments: [1] }
  if (name === 'rollout') return strategy
  return {
    ...strategy,
    constraints: [
      constraint('plan', 'IN', CLAUSES.plan),
      constraint('country', 'IN', [CLAUSES.country]),
      {
        contextName: 'seats',
        operator: 'NUM_GTE',
        value: String(CLAUSES.seats),
        values: [],
        inverted: false,
        caseInsensitive: false,
      },
    ],
  }
}

function constraint(contextName: string, operator: string, values: readonly string[]) {
  return { contextName, operator, values, inverted: false, caseInsensitive: false }
}
