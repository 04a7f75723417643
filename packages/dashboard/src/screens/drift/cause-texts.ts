import { day, listed, withLocalTimes } from '../../parts/format.ts'
import type { Difference, DriftCause, DriftFlag } from './drift-requests.ts'

type CauseKind = DriftCause['kind']

/** Words of a cause, those of unexplained differences first. */
const CAUSE_WORDS: Readonly<Record<CauseKind, string>> = {
  layer: 'no note',
  expired: 'expired override',
  override: 'override',
  rollout: 'rollout',
  rule: 'rule',
  killed: 'killed',
  retired: 'retired',
}
const KINDS = Object.keys(CAUSE_WORDS) as CauseKind[]
/** Causes with an owner or a reason. */
const NOTED: ReadonlySet<CauseKind> = new Set(['expired', 'override', 'rollout', 'killed'])

export const causeWord = ({ kind }: DriftCause): string => CAUSE_WORDS[kind]

/** Checks that neither a valid note nor another cause explains a difference. */
export const isUnexplained = ({ kind }: DriftCause): boolean =>
  kind === 'layer' || kind === 'expired'

/** Returns the difference of a flag at a position; undefined where it serves as most scopes. */
export const differenceAt = ({ differs }: DriftFlag, position: number): Difference | undefined =>
  differs.find((one) => one.position === position)

/** Checks that a note of the settings that are the cause would explain a difference, or does. */
export const isNotable = ({ kind, scope }: DriftCause): boolean =>
  scope !== undefined && (kind === 'layer' || kind === 'expired' || kind === 'override')

/** Scopes in which a flag differs by the same kind of cause, or by the same rollout. */
export interface CauseGroup {
  /** Short names of the scopes, such as `acme, globex and 3 more`. */
  readonly scopes: string
  /** Key of the rollout that is the cause. */
  readonly rollout: string | undefined
  /** Cause in words, of several scopes its kind alone. The words of a rollout can be empty. */
  readonly text: string
}

/** Returns the differences of a flag by their causes, those of unexplained ones first. */
export function causeGroups(
  { differs }: DriftFlag,
  labels: readonly string[],
): readonly CauseGroup[] {
  const groups = new Map<string, Difference[]>()
  for (const difference of differs.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    const { kind, rollout = '' } = difference.cause
    const key = `${kind} ${rollout}`
    groups.set(key, [...(groups.get(key) ?? []), difference])
  }
  return [...groups.values()].map((own) => {
    const { cause } = own[0]!
    const { rollout } = cause
    const scopes = listed(own.map(({ position }) => labels[position]!))
    const isOne = own.length === 1 && NOTED.has(cause.kind)
    const text = isOne ? causeText(cause) : rollout ? '' : causeWord(cause)
    return { scopes, rollout, text }
  })
}

const rankOf = ({ cause }: Difference): number => KINDS.indexOf(cause.kind)

/**
 * Returns a cause in words, such as `override of Dan until 3 Dec 2026: Acme tests it first`. The
 * words of a rollout follow its key, and can be empty.
 */
export function causeText({ kind, scope, owner, reason, expiresAt }: DriftCause): string {
  const of = owner === undefined ? '' : ` of ${owner}`
  const why = reason === undefined ? '' : `: ${withLocalTimes(reason)}`
  switch (kind) {
    case 'layer':
      return scope === undefined ? 'no note' : `the settings of ${scope} have no note`
    case 'expired':
      return `override${of} expired${expiresAt ? ` on ${day(expiresAt)}` : ''}${why}`
    case 'override':
      return `override${of}${expiresAt ? ` until ${day(expiresAt)}` : ''}${why}`
    case 'rollout':
      return owner === undefined ? why.slice(2) : `quarantined by ${owner}${why}`
    case 'rule':
      return 'a rule selects the instance or its tags'
    case 'killed':
      return `killed${owner === undefined ? '' : ` by ${owner}`}${scope ? ` in ${scope}` : ''}${why}`
    case 'retired':
      return `${scope} is retired`
  }
}
