import { evaluate } from '@vercel/flags-core'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map((user) => ({ user: { ...user } }))
type Parameters = Parameters_<typeof evaluate>
type Parameters_<F> = F extends (params: infer P) => unknown ? P : never

/** Its pure evaluation, without the client around it, which is to its favour. */
export const vercel: Contender = {
  name: '@vercel/flags-core 1.8.2',
  prepare(name, flags) {
    const definitions = new Map(
      Array.from({ length: flags }, (_, i) => [flagKey(i), definitionOf(name, i)]),
    )
    const segments = { beta: { include: { user: { id: [...SEGMENT] } } } }
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (entities) =>
        evaluate({
          definition: definitions.get(key)!,
          segments,
          environment: 'production',
          entities,
          defaultValue: false,
        } as Parameters).value === true,
    }
  },
}

function definitionOf(name: CaseName, seed: number) {
  const split = (on: number) => ({
    type: 'split',
    base: ['user', 'id'],
    weights: [on, 100 - on],
    defaultVariant: 1,
  })
  const environment = {
    on: { fallthrough: 0 },
    rollout: { fallthrough: split(25) },
    clauses: {
      rules: [
        {
          conditions: [
            [['user', 'plan'], 'oneOf', CLAUSES.plan],
            [['user', 'country'], 'eq', CLAUSES.country],
            [['user', 'seats'], 'gte', CLAUSES.seats],
          ],
          outcome: split(50),
        },
      ],
      fallthrough: 1,
    },
    segment: {
      rules: [{ conditions: [['segment', 'oneOf', ['beta']]], outcome: 0 }],
      fallthrough: 1,
    },
  }[name]
  return { variants: [true, false], seed: seed + 1, environments: { production: environment } }
}
