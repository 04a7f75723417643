import { createInstance } from '@featurevisor/sdk'
import { type CaseName, CLAUSES, SEGMENT, type User } from '../cases.ts'
import { byKey, type Contender, peerName } from '../contender.ts'

type Context = ReturnType<typeof contextOf>

const contextOf = ({ id, plan, country, seats }: User) => ({ userId: id, plan, country, seats })

export const featurevisor: Contender = {
  name: peerName('@featurevisor/sdk'),
  kind: 'peer',
  contextOf,
  configuration: (flags) =>
    JSON.stringify({
      schemaVersion: '2',
      revision: '1',
      features: byKey(flags, ({ kind }) => featureOf(kind)),
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
    }),
  load(configuration, key) {
    const instance = createInstance({ datafile: configuration, logLevel: 'error' })
    return {
      ask: (context) => instance.isEnabled(key, context as Context),
      close: () => instance.close(),
    }
  },
}

function featureOf(kind: CaseName) {
  const segments = { on: '*', rollout: '*', clauses: 'eligible', segment: 'beta' }[kind]
  const percentage = { on: 100_000, rollout: 25_000, clauses: 50_000, segment: 100_000 }[kind]
  return { bucketBy: 'userId', traffic: [{ key: 'rule-1', segments, percentage, allocation: [] }] }
}
