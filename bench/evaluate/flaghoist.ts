import { evaluate, isEnabled, prepare, type Ruleset, type RulesetFlag } from '@flaghoist/core'
import { createFlags } from '@flaghoist/node'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from './cases.ts'
import type { Contender } from './contender.ts'

const contexts = users.map(({ id, ...attributes }) => ({ targetingKey: id, ...attributes }))
type Context = (typeof contexts)[number]

/** A ruleset of `flags` flags of one kind, as the server compiles it. */
export function rulesetOf(name: CaseName, flags: number): Ruleset {
  const entries = Array.from({ length: flags }, (_, i) => [flagKey(i), flagOf(name, i)] as const)
  const segments = name === 'segment' ? { beta: { include: SEGMENT, exclude: [], when: [] } } : {}
  return {
    spec: 1,
    project: 'bench',
    scope: 'production',
    epoch: 'e1',
    version: 1,
    flags: Object.fromEntries(entries),
    segments,
  }
}

function flagOf(name: CaseName, i: number): RulesetFlag {
  const off = {
    type: 'boolean' as const,
    variants: { off: false, on: true },
    on: true,
    off: 'off',
    fallthrough: { variant: 'off' },
  }
  const rule = (
    when: NonNullable<RulesetFlag['rules']>[number]['when'],
    serve: RulesetFlag['fallthrough'],
  ) => ({
    ...off,
    rules: [{ id: 'rule-1', when, serve }],
  })
  switch (name) {
    case 'on':
      return { ...off, fallthrough: { variant: 'on' } }
    case 'rollout':
      return {
        ...off,
        rollout: { by: 'targetingKey', salt: `salt-${i}`, share: 25_000, serve: { variant: 'on' } },
      }
    case 'clauses':
      return rule(
        [
          [
            { attribute: 'plan', op: 'in', values: CLAUSES.plan },
            { attribute: 'country', op: 'in', values: [CLAUSES.country] },
            { attribute: 'seats', op: 'gte', values: [CLAUSES.seats] },
          ],
        ],
        {
          split: {
            by: 'targetingKey',
            salt: `salt-${i}`,
            ranges: [
              [0, 50_000, 'on'],
              [50_000, 100_000, 'off'],
            ],
          },
        },
      )
    case 'segment':
      return rule([[{ attribute: 'targetingKey', op: 'segment', values: ['beta'] }]], {
        variant: 'on',
      })
  }
}

export const core: Contender = {
  name: 'Flaghoist core, isEnabled',
  prepare(name, flags) {
    const prepared = prepare(rulesetOf(name, flags))
    const key = askedFlag(flags)
    return { contexts, ask: (context) => isEnabled(prepared, key, context as Context) }
  },
}

export const coreDetails: Contender = {
  name: 'Flaghoist core, evaluate (details)',
  prepare(name, flags) {
    const prepared = prepare(rulesetOf(name, flags))
    const key = askedFlag(flags)
    return { contexts, ask: (context) => evaluate(prepared, key, context as Context, false).value }
  },
}

export const node: Contender = {
  name: 'Flaghoist node, exposures counted',
  prepare(name, flags) {
    // Nothing answers there: the bootstrap does.
    const sdk = createFlags({
      url: 'http://127.0.0.1:9',
      key: 'bench',
      bootstrap: rulesetOf(name, flags),
    })
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (context) => sdk.isEnabled(key, context as Context),
      close: () => sdk.close(),
    }
  },
}
