import { FlagdCore } from '@openfeature/flagd-core'
import { type CaseName, CLAUSES, SEGMENT, type User } from '../cases.ts'
import { byKey, type Contender, peerName } from '../contender.ts'

type Context = ReturnType<typeof contextOf>

const contextOf = ({ id, plan, country, seats }: User) => ({
  targetingKey: id,
  plan,
  country,
  seats,
})
const silent = { error() {}, warn() {}, info() {}, debug() {} }

export const flagd: Contender = {
  name: peerName('@openfeature/flagd-core'),
  kind: 'peer',
  contextOf,
  configuration: (flags) => JSON.stringify({ flags: byKey(flags, ({ kind }) => flagOf(kind)) }),
  load(configuration, key) {
    const engine = new FlagdCore(undefined, silent)
    engine.setConfigurations(configuration)
    return {
      ask: (context) =>
        engine.resolveBooleanEvaluation(key, false, context as Context, silent).value,
    }
  },
}

function flagOf(kind: CaseName) {
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
    // flagd copies shared lists into each flag, so a shared list would not be smaller.
    segment: { if: [{ in: [{ var: 'targetingKey' }, SEGMENT] }, 'on', 'off'] },
  }[kind]
  return {
    state: 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: kind === 'on' ? 'on' : 'off',
    ...(targeting && { targeting }),
  }
}
