import {
  type EvaluationContext,
  evaluate,
  isEnabled,
  prepare,
  type Ruleset,
  type RulesetFlag,
} from '@flaghoist/core'
import { createFlags } from '@flaghoist/node'
import { type CaseName, CLAUSES, type FlagPlan, SEGMENT, type User } from './cases.ts'
import { byKey, type Contender } from './contender.ts'

// The SDK warns that its server is unreachable, which is intended here.
process.removeAllListeners('warning')

const parts = {
  kind: 'ours' as const,
  contextOf: ({ id, plan, country, seats }: User) => ({ targetingKey: id, plan, country, seats }),
  configuration: (flags: readonly FlagPlan[]) => JSON.stringify(rulesetOf(flags)),
}

/** The part of a start that is left when a ruleset is only parsed. */
export const parsing: Contender = {
  ...parts,
  kind: 'floor',
  name: 'floor: JSON.parse of the ruleset of Flaghoist',
  isUnchecked: true,
  load(configuration, key) {
    const { flags } = JSON.parse(configuration) as Ruleset
    return { ask: () => flags[key]!.on }
  },
}

export const core: Contender = {
  ...parts,
  name: 'Flaghoist core, isEnabled',
  load(configuration, key) {
    const prepared = prepare(JSON.parse(configuration) as Ruleset)
    return { ask: (context) => isEnabled(prepared, key, context as EvaluationContext) }
  },
}

export const coreDetails: Contender = {
  ...parts,
  name: 'Flaghoist core, evaluate (details)',
  load(configuration, key) {
    const prepared = prepare(JSON.parse(configuration) as Ruleset)
    return { ask: (context) => evaluate(prepared, key, context as EvaluationContext, false).value }
  },
}

export const node: Contender = sdk('Flaghoist node, exposures counted', true)
export const nodeSilent: Contender = sdk('Flaghoist node, exposures off', false)

function sdk(name: string, exposures: boolean): Contender {
  return {
    ...parts,
    name,
    load(configuration, key) {
      const flags = createFlags({
        url: 'http://127.0.0.1:9', // Unreachable on purpose: the bootstrap is evaluated.
        key: 'bench',
        bootstrap: JSON.parse(configuration) as Ruleset,
        exposures,
      })
      return {
        ask: (context) => flags.isEnabled(key, context as EvaluationContext),
        close: () => flags.close(),
      }
    },
  }
}

/** A ruleset in the form that the server compiles. */
function rulesetOf(flags: readonly FlagPlan[]): Ruleset {
  return {
    spec: 1,
    project: 'bench',
    scope: 'production',
    epoch: 'e1',
    version: 1,
    flags: byKey(flags, flagOf),
    segments: { beta: { include: SEGMENT, exclude: [], when: [] } },
  }
}

function flagOf({ kind, index }: FlagPlan): RulesetFlag {
  return {
    type: 'boolean',
    variants: { off: false, on: true },
    on: true,
    off: 'off',
    fallthrough: { variant: 'off' },
    revision: 1, // The SDK counts no exposure of revision 0.
    ...targetingOf(kind, `salt-${index}`),
  }
}

function targetingOf(kind: CaseName, salt: string): Partial<RulesetFlag> {
  const by = 'targetingKey'
  const rule = (
    clauses: NonNullable<RulesetFlag['rules']>[number]['when'][number],
    serve: RulesetFlag['fallthrough'],
  ) => ({ rules: [{ id: 'rule-1', when: [clauses], serve }] })

  switch (kind) {
    case 'on':
      return { fallthrough: { variant: 'on' } }
    case 'rollout':
      return { rollout: { by, salt, share: 25_000, serve: { variant: 'on' } } }
    case 'clauses':
      return rule(
        [
          { attribute: 'plan', op: 'in', values: CLAUSES.plan },
          { attribute: 'country', op: 'in', values: [CLAUSES.country] },
          { attribute: 'seats', op: 'gte', values: [CLAUSES.seats] },
        ],
        { split: { by, salt, ranges: halves } },
      )
    case 'segment':
      return rule([{ attribute: by, op: 'segment', values: ['beta'] }], { variant: 'on' })
  }
}

const halves = [
  [0, 50_000, 'on'],
  [50_000, 100_000, 'off'],
] as const
