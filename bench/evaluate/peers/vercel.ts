import { type EvaluationParams, evaluate, type Packed } from '@vercel/flags-core'
import { CLAUSES, type FlagPlan, SEGMENT, type User } from '../cases.ts'
import { byKey, type Contender, peerName } from '../contender.ts'

type Params = EvaluationParams<boolean>
type Entities = ReturnType<typeof contextOf>
type Data = Pick<Packed.Data, 'definitions' | 'segments'>

const contextOf = ({ id, plan, country, seats }: User) => ({ user: { id, plan, country, seats } })

/** Its pure evaluation without the client around it, in its favour. */
export const vercel: Contender = {
  name: peerName('@vercel/flags-core'),
  kind: 'peer',
  contextOf,
  configuration: (flags) =>
    JSON.stringify({
      definitions: byKey(flags, definitionOf),
      segments: { beta: { include: { user: { id: SEGMENT } } } },
    }),
  load(configuration, key) {
    const { definitions, segments } = JSON.parse(configuration) as Data
    return {
      ask: (entities) =>
        evaluate<boolean>({
          definition: definitions[key],
          segments,
          environment: 'production',
          entities: entities as Entities,
          defaultValue: false,
        } as Params).value === true,
    }
  },
}

function definitionOf({ kind, index }: FlagPlan) {
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
  }[kind]
  return { variants: [true, false], seed: index + 1, environments: { production: environment } }
}
