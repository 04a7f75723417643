import { FlagdCore } from '@openfeature/flagd-core'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map(({ id, ...attributes }) => ({ targetingKey: id, ...attributes }))
const silent = { error() {}, warn() {}, info() {}, debug() {} }

export const flagd: Contender = {
  name: '@openfeature/flagd-core 4.0.1',
  prepare(name, flags) {
    const engine = new FlagdCore(undefined, silent)
    const entries = Array.from({ length: flags }, (_, i) => [flagKey(i), flagOf(name)])
    engine.setConfigurations(JSON.stringify({ flags: Object.fromEntries(entries) }))
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (context) =>
        engine.resolveBooleanEvaluation(key, false, context as (typeof contexts)[number], silent)
          .value,
    }
  },
}

function flagOf(name: CaseName) {
  const variants = { on: true, off: false }
  const share = (on: number) => ({
    fractional: [
      ['on', on],
      ['off', 100 - on],
    ],
  })
  const targeting = {
    on: undefined,
    rollout: share(25),
    clauses: {
      if: [
        {
          and: [
            { in: [{ var: 'plan' }, CLAUSES.plan] },
            { '==': [{ var: 'country' }, CLAUSES.country] },
            { '>=': [{ var: 'seats' }, CLAUSES.seats] },
          ],
        },
        share(50),
        'off',
      ],
    },
    segment: { if: [{ in: [{ var: 'targetingKey' }, SEGMENT] }, 'on', 'off'] },
  }[name]
  return {
    state: 'ENABLED',
    variants,
    defaultVariant: name === 'on' ? 'on' : 'off',
    ...(targeting && { targeting }),
  }
}
