import { BUCKETS } from '../hash.ts'
import {
  CALLERS_DEFAULT,
  type Clause,
  type FlagConfiguration,
  type Ruleset,
  type RulesetFlag,
  type Serve,
  SNAPSHOT_EPOCH,
} from '../ruleset/wire.ts'
import { resolutionOf } from './evaluate.ts'
import type { Prepared } from './prepare.ts'
import type { EvaluationContext, Resolution, Unit } from './resolution.ts'

/**
 * Returns the resolutions of one context as a ruleset without rules, segments or data of other
 * contexts, for the first render of a page whose server has already evaluated. Evaluated with the
 * same context, it returns the same values, variants, reasons and exposures; with another context,
 * the same values.
 *
 * Omits missing and broken flags. Its epoch belongs to no change log, so that the first ruleset of
 * a server replaces it.
 *
 * @param keys the flags to include; by default the flags visible to clients
 */
export function snapshot(
  prepared: Prepared,
  context: EvaluationContext,
  keys: Iterable<string> = clientVisibleKeys(prepared),
): Ruleset {
  const { project, scope } = prepared.ruleset
  const flags = [...keys].flatMap((key): [string, RulesetFlag][] => {
    const resolution = resolutionOf(prepared, key, context)
    if (resolution === undefined) return []
    const { type } = prepared.ruleset.flags[key]!
    const { variant, value } = resolution
    const variants = variant === undefined ? {} : { [variant]: value! }
    return [[key, { type, variants, ...configurationOf(resolution) }]]
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

function clientVisibleKeys({ ruleset: { flags } }: Prepared): string[] {
  return Object.keys(flags).filter((key) => !flags[key]!.serverOnly)
}

/** The smallest configuration that evaluates to a resolution. */
function configurationOf({
  variant = CALLERS_DEFAULT,
  reason,
  flagMetadata: { arm, planRun, reasonDetail, ruleId, step },
  parts: { revision, unit },
}: Resolution): FlagConfiguration {
  const only = { variant }
  const base = { on: true, off: variant, fallthrough: only, revision }
  if (reason === 'DISABLED')
    return { ...base, on: false, ...(reasonDetail === 'killed' && { killed: true }) }

  const serve = reason === 'SPLIT' ? wholeSplit(variant, unit) : only
  if (unit !== undefined && arm !== undefined) {
    const { by, salt } = unit
    const share = arm === 'treatment' ? BUCKETS : 0
    return { ...base, fallthrough: serve, rollout: { by, salt, share, serve: only, planRun, step } }
  }
  const rule = (clause: Clause) => [{ id: ruleId ?? 'snapshot', when: [[clause]], serve }]
  if (ruleId !== undefined || reason === 'TARGETING_MATCH')
    return { ...base, rules: rule({ ...NEVER, negate: true }) }
  return reason === 'DEFAULT' ? { ...base, rules: rule(NEVER) } : { ...base, fallthrough: serve }
}

const NEVER: Clause = { attribute: 'targetingKey', op: 'in', values: [] }

/** A split of a unit in which one variant owns all buckets. */
function wholeSplit(variant: string, unit: Unit | undefined): Serve {
  const { by, salt } = unit ?? { by: 'targetingKey', salt: '' }
  return { split: { by, salt, ranges: [[0, BUCKETS, variant]] } }
}
