import {
  type Clause,
  type FlagConfiguration,
  type Ruleset,
  type RulesetFlag,
  type Serve,
  SNAPSHOT_EPOCH,
} from '../ruleset/wire.ts'
import { resolutionOf } from './evaluate.ts'
import type { Prepared } from './prepare.ts'
import type { EvaluationContext, Resolution } from './resolution.ts'

const ALL_BUCKETS = 100_000

/**
 * What flags answer one context, as a ruleset that holds no rule, no segment and nobody else's answer: for the first render
 * of a page whose server has decided already. Asked with the same context it gives the same values, variants and reasons, and the same exposures;
 * asked with another one, the same values.
 *
 * Flags that are missing or broken are left out. Its epoch is no log's, so that the first ruleset of a server replaces it.
 *
 * @param keys flags to decide; those that browsers get unless it says otherwise
 */
export function snapshot(
  prepared: Prepared,
  context: EvaluationContext,
  keys: Iterable<string> = visibleTo(prepared),
): Ruleset {
  const { project, scope } = prepared.ruleset
  const flags = [...keys].flatMap((key): [string, RulesetFlag][] => {
    const resolution = resolutionOf(prepared, key, context)
    if (resolution === undefined) return []
    const { type } = prepared.ruleset.flags[key]!
    const { variant, value } = resolution
    return [[key, { type, variants: { [variant]: value }, ...configurationOf(resolution) }]]
  })
  return {
    spec: 1,
    project,
    scope,
    epoch: SNAPSHOT_EPOCH,
    version: 0,
    flags: Object.fromEntries(flags),
    segments: {},
  }
}

function visibleTo({ ruleset: { flags } }: Prepared): string[] {
  return Object.keys(flags).filter((key) => !flags[key]!.serverOnly)
}

/** The least that answers as a resolution does. */
function configurationOf({
  variant,
  reason,
  flagMetadata: { arm, planRun, reasonDetail, ruleId, step },
  parts: { revision, unit },
}: Resolution): FlagConfiguration {
  const only = { variant }
  const base = { on: true, off: variant, fallthrough: only, revision }
  if (reason === 'DISABLED')
    return { ...base, on: false, ...(reasonDetail === 'killed' && { killed: true }) }

  const serve = reason === 'SPLIT' ? splitOf(variant) : only
  if (unit !== undefined) {
    const { by, salt } = unit
    const share = arm === 'treatment' ? ALL_BUCKETS : 0
    return { ...base, fallthrough: serve, rollout: { by, salt, share, serve: only, planRun, step } }
  }
  const rule = (clause: Clause) => [{ id: ruleId ?? 'snapshot', when: [[clause]], serve }]
  if (ruleId !== undefined || reason === 'TARGETING_MATCH')
    return { ...base, rules: rule({ ...NEVER, negate: true }) }
  return reason === 'DEFAULT' ? { ...base, rules: rule(NEVER) } : { ...base, fallthrough: serve }
}

const NEVER: Clause = { attribute: 'targetingKey', op: 'in', values: [] }

function splitOf(variant: string): Serve {
  return { split: { by: 'targetingKey', salt: '', ranges: [[0, ALL_BUCKETS, variant]] } }
}
