import { GrowthBookClient } from '@growthbook/growthbook'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map((user) => ({ attributes: { ...user } }))

export const growthbook: Contender = {
  name: '@growthbook/growthbook 1.8.0',
  prepare(name, flags) {
    const entries = Array.from({ length: flags }, (_, i) => [flagKey(i), featureOf(name)])
    const client = new GrowthBookClient().initSync({
      payload: { features: Object.fromEntries(entries), savedGroups: { beta: [...SEGMENT] } },
    })
    const key = askedFlag(flags)
    return { contexts, ask: (context) => client.isOn(key, context as (typeof contexts)[number]) }
  },
}

function featureOf(name: CaseName) {
  if (name === 'on') return { defaultValue: true }
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
  }[name]
  return { defaultValue: false, rules: [{ force: true, ...rule }] }
}
