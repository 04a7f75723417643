import { numberOf } from '../../forms/decimal.ts'
import { type Tag, tagsIn, tagText, wantedTags } from '../../forms/wanted-tags.ts'
import type { Plan, Selector, Step, Wave } from './plan-requests.ts'

/** A step of a wave as people type it. */
export interface StepDraft {
  audience: 'share' | 'segments'
  /** Percentage of the users. */
  share: string
  segments: readonly string[]
  minMinutes: string
  minUnits: string
  gate: Step['gate']
}

/** A wave of a plan as people type it. */
export interface WaveDraft {
  name: string
  /** All instances that earlier waves have left, or only those that the members below select. */
  reach: 'rest' | 'some'
  /** Keys of instances; undefined for all. */
  keys: readonly string[] | undefined
  /** Tags such as `tier=pilot`, by {@link tagText}; undefined for any. */
  tags: readonly string[] | undefined
  /** Percentage of the instances; empty for all. */
  percent: string
  /** True if contexts without an instance belong to the wave too. */
  hasEnvironment: boolean
  /** Empty for all. */
  atOnce: string
  /** Empty for the default. */
  waitAtMostHours: string
  steps: StepDraft[]
}

/** A plan as people type it. */
export interface PlanDraft {
  key: string
  name: string
  waves: WaveDraft[]
  onRegression: Plan['onRegression']
  failBudget: string
  hasHoldback: boolean
  /** Kept while there is no holdback. */
  holdbackPercent: string
  holdbackHours: string
  /** Keys of metrics; undefined for all guardrails and goals. */
  metrics: readonly string[] | undefined
}

export const newStep = (share = ''): StepDraft => ({
  audience: 'share',
  share,
  segments: [],
  minMinutes: '30',
  minUnits: '500',
  gate: 'healthy',
})

export const newWave = (): WaveDraft => ({
  name: '',
  reach: 'some',
  keys: undefined,
  tags: undefined,
  percent: '',
  hasEnvironment: false,
  atOnce: '',
  waitAtMostHours: '',
  steps: [newStep('10'), newStep('50')],
})

export const newPlan = (): PlanDraft => ({
  key: '',
  name: '',
  waves: [
    { ...newWave(), name: 'First customers', percent: '10' },
    { ...newWave(), name: 'All other customers', reach: 'rest' },
  ],
  onRegression: 'rollback',
  failBudget: '1',
  hasHoldback: true,
  holdbackPercent: '5',
  holdbackHours: '24',
  metrics: undefined,
})

export function draftOf({ waves, failBudget, holdback, ...plan }: Plan): PlanDraft {
  const { key, name, onRegression, metrics } = plan
  const { holdbackPercent, holdbackHours } = newPlan()
  return {
    key,
    name,
    onRegression,
    metrics,
    waves: waves.map(waveDraft),
    failBudget: String(failBudget),
    hasHoldback: holdback !== null,
    holdbackPercent: holdback === null ? holdbackPercent : String(holdback.percent),
    holdbackHours: holdback === null ? holdbackHours : String(holdback.hours),
  }
}

/** Returns a plan as the draft of another one, which has no key and no name yet. */
export const copyOf = (plan: Plan): PlanDraft => ({ ...draftOf(plan), key: '', name: '' })

/** Returns the tags that the waves of a plan name, one for each value. */
export const tagsOfPlan = ({ waves }: Pick<Plan, 'waves'>): readonly Tag[] =>
  waves.flatMap(({ instances }) => tagsIn(instances))

/**
 * Returns the plan of a draft. A number that is missing is `NaN`.
 * @param tags those that the draft can name
 */
export function planOf(draft: PlanDraft, tags: readonly Tag[]): Plan {
  const { onRegression, hasHoldback, holdbackPercent, holdbackHours, metrics } = draft
  const key = draft.key.trim()
  return {
    key,
    name: draft.name.trim() || key,
    waves: draft.waves.map((wave) => waveOf(wave, tags)),
    onRegression,
    failBudget: given(draft.failBudget),
    holdback: hasHoldback ? { percent: given(holdbackPercent), hours: given(holdbackHours) } : null,
    ...(metrics && { metrics: [...metrics] }),
  }
}

/** Returns the part of a draft that nothing was chosen for, in words; undefined if none is. */
export function missingOf({ waves }: Pick<PlanDraft, 'waves'>): string | undefined {
  for (const [i, wave] of waves.entries()) {
    if (!hasInstances(wave)) return `Choose the instances of wave ${i + 1}.`
    const step = wave.steps.findIndex(
      ({ audience, segments }) => audience === 'segments' && segments.length === 0,
    )
    if (step >= 0) return `Choose a segment in step ${step + 1} of wave ${i + 1}.`
  }
  return undefined
}

/** Returns the selectors of a plan; undefined while one cannot be previewed. */
export function selectorsOf({ waves }: Pick<Plan, 'waves'>): readonly Selector[] | undefined {
  const selectors = waves.map(({ instances }) => instances)
  return selectors.every(isComplete) ? selectors : undefined
}

/**
 * Returns the place of a new wave: the end, or before a last wave that has the rest, since no wave
 * can follow it.
 */
export function placeOfNewWave(waves: readonly WaveDraft[]): number {
  const last = waves.at(-1)
  const isRest = last !== undefined && (last.reach === 'rest' || last.hasEnvironment)
  return isRest ? waves.length - 1 : waves.length
}

function isComplete({ keys, tags, percent, rest }: Selector): boolean {
  if (percent !== undefined && !(percent > 0 && percent <= 100)) return false
  const lists = [keys, tags && Object.keys(tags)].filter((list) => list !== undefined)
  const isNamed = lists.length > 0 || percent !== undefined || rest === true
  return isNamed && lists.every(({ length }) => length > 0)
}

function hasInstances({ reach, keys, tags, percent, hasEnvironment }: WaveDraft): boolean {
  if (reach === 'rest') return true
  if (keys?.length === 0 || tags?.length === 0) return false
  return keys !== undefined || tags !== undefined || percent.trim() !== '' || hasEnvironment
}

function waveDraft({ name, instances, atOnce, waitAtMostHours, steps }: Wave): WaveDraft {
  const { keys, tags, percent, rest = false } = instances
  const isRest = rest && keys === undefined && tags === undefined && percent === undefined
  return {
    name,
    reach: isRest ? 'rest' : 'some',
    keys,
    tags: tags && tagsIn(instances).map(tagText),
    percent: textOf(percent),
    hasEnvironment: rest && !isRest,
    atOnce: textOf(atOnce),
    waitAtMostHours: textOf(waitAtMostHours),
    steps: steps.map(stepDraft),
  }
}

function waveOf(wave: WaveDraft, tags: readonly Tag[]): Wave {
  const { atOnce, waitAtMostHours } = wave
  return {
    name: wave.name.trim(),
    instances: wave.reach === 'rest' ? { rest: true } : selectorOf(wave, tags),
    ...(atOnce.trim() && { atOnce: given(atOnce) }),
    ...(waitAtMostHours.trim() && { waitAtMostHours: given(waitAtMostHours) }),
    steps: wave.steps.map(stepOf),
  }
}

function selectorOf(
  { keys, tags: chosen, percent, hasEnvironment }: WaveDraft,
  tags: readonly Tag[],
): Selector {
  return {
    ...(keys && { keys: [...keys] }),
    ...(chosen && { tags: wantedTags(chosen, tags) }),
    ...(percent.trim() && { percent: given(percent) }),
    ...(hasEnvironment && { rest: true as const }),
  }
}

function stepDraft({ audience, minMinutes, minUnits, gate }: Step): StepDraft {
  return {
    ...newStep(),
    ...('share' in audience
      ? { share: String(audience.share) }
      : { audience: 'segments' as const, segments: audience.segments }),
    minMinutes: String(minMinutes),
    minUnits: String(minUnits),
    gate,
  }
}

function stepOf({ audience, share, segments, minMinutes, minUnits, gate }: StepDraft): Step {
  return {
    audience: audience === 'share' ? { share: given(share) } : { segments: [...segments] },
    minMinutes: given(minMinutes),
    minUnits: given(minUnits),
    gate,
  }
}

const given = (text: string): number => (text.trim() === '' ? Number.NaN : numberOf(text))
const textOf = (value: number | undefined): string => (value === undefined ? '' : String(value))
