import { createInstance } from '@featurevisor/sdk'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map(({ id, ...attributes }) => ({ userId: id, ...attributes }))

export const featurevisor: Contender = {
  name: '@featurevisor/sdk 2.0.0',
  prepare(name, flags) {
    const features = Array.from({ length: flags }, (_, i) => [flagKey(i), featureOf(name)])
    const instance = createInstance({
      datafile: {
        schemaVersion: '2',
        revision: '1',
        features: Object.fromEntries(features),
        segments: {
          eligible: {
            conditions: [
              { attribute: 'plan', operator: 'in', value: CLAUSES.plan },
              { attribute: 'country', operator: 'equals', value: CLAUSES.country },
              { attribute: 'seats', operator: 'greaterThanOrEquals', value: CLAUSES.seats },
            ],
          },
          beta: { conditions: [{ attribute: 'userId', operator: 'in', value: SEGMENT }] },
        },
      } as never,
      logLevel: 'error',
    })
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (context) => instance.isEnabled(key, context as (typeof contexts)[number]),
    }
  },
}

function featureOf(name: CaseName) {
  const segments = { on: '*', rollout: '*', clauses: 'eligible', segment: 'beta' }[name]
  const percentage = { on: 100_000, rollout: 25_000, clauses: 50_000, segment: 100_000 }[name]
  return { bucketBy: 'userId', traffic: [{ key: 'rule-1', segments, percentage, allocation: [] }] }
}
