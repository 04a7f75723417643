import * as LaunchDarkly from '@launchdarkly/node-server-sdk'
import { TestData } from '@launchdarkly/node-server-sdk/integrations'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map(({ id, ...attributes }) => ({ kind: 'user', key: id, ...attributes }))

/** With flags from memory and events off, which is to its favour. It has promises only. */
export const launchdarkly: Contender = {
  name: '@launchdarkly/node-server-sdk 9.13.7',
  async prepare(name, flags) {
    const data = new TestData()
    for (let i = 0; i < flags; i += 1) await data.usePreconfiguredFlag(flagOf(name, i))
    const segment = {
      key: 'beta',
      version: 1,
      included: SEGMENT,
      excluded: [],
      rules: [],
      salt: 's',
      deleted: false,
    }
    await data.usePreconfiguredSegment(segment)
    const client = LaunchDarkly.init('sdk-bench', {
      updateProcessor: data.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: { error() {}, warn() {}, info() {}, debug() {} },
    })
    await client.waitForInitialization({ timeout: 5 })
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (context) => client.boolVariation(key, context as (typeof contexts)[number], false),
      close: () => client.close(),
    }
  },
}

function flagOf(name: CaseName, i: number) {
  const rollout = (on: number) => ({
    rollout: {
      contextKind: 'user',
      variations: [
        { variation: 0, weight: on * 1_000 },
        { variation: 1, weight: 100_000 - on * 1_000 },
      ],
    },
  })
  const clause = (attribute: string, op: string, values: readonly unknown[]) => ({
    contextKind: 'user',
    attribute,
    op,
    values,
  })
  const rules = {
    on: [],
    rollout: [],
    clauses: [
      {
        id: 'rule-1',
        clauses: [
          clause('plan', 'in', CLAUSES.plan),
          clause('country', 'in', [CLAUSES.country]),
          clause('seats', 'greaterThanOrEqual', [CLAUSES.seats]),
        ],
        ...rollout(50),
      },
    ],
    segment: [{ id: 'rule-1', clauses: [clause('', 'segmentMatch', ['beta'])], variation: 0 }],
  }[name]
  const fallthrough = name === 'rollout' ? rollout(25) : { variation: name === 'on' ? 0 : 1 }
  return {
    key: flagKey(i),
    version: 1,
    on: true,
    salt: `salt-${i}`,
    variations: [true, false],
    offVariation: 1,
    fallthrough,
    rules,
    targets: [],
    contextTargets: [],
    prerequisites: [],
    trackEvents: false,
  }
}
