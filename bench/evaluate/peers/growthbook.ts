import { type FeatureApiResponse, GrowthBookClient } from '@growthbook/growthbook'
import { type CaseName, CLAUSES, SEGMENT, type User } from '../cases.ts'
import { byKey, type Contender, peerName } from '../contender.ts'

type Context = ReturnType<typeof contextOf>

const contextOf = ({ id, plan, country, seats }: User) => ({
  attributes: { id, plan, country, seats },
})

export const growthbook: Contender = {
  name: peerName('@growthbook/growthbook'),
  kind: 'peer',
  contextOf,
  configuration: (flags) =>
    JSON.stringify({
      features: byKey(flags, ({ kind }) => featureOf(kind)),
      savedGroups: { beta: SEGMENT },
    }),
  load(configuration, key) {
    const payload = JSON.parse(configuration) as FeatureApiResponse
    const client = new GrowthBookClient().initSync({ payload })
    return {
      ask: (context) => client.isOn(key, context as Context),
      close: () => client.destroy(),
    }
  },
}

function featureOf(kind: CaseName) {
  if (kind === 'on') return { defaultValue: true }
  const rule = {
    rollout: { coverage: 0.25, hashAttribute: 'id' },
    clauses: {
      condition: {
        plan: { $in: CLAUSES.plan },
        country: CLAUSES.country,
        seats: { $gte: CLAUSES.seats },
      },
      coverage: 0.5,
      hashAttribute: 'id',
    },
    segment: { condition: { id: { $inGroup: 'beta' } } },
  }[kind]
  return { defaultValue: false, rules: [{ force: true, ...rule }] }
}
