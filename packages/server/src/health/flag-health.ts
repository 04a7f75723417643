import { compareArms, evidenceSeries, scopeAlpha } from '@flaghoist/health'
import type { LiveProject } from '../projects/projects.ts'
import type { Services } from '../services.ts'
import { type CountsToJudge, type JudgedCounts, judgeCounts } from './judge-counts.ts'
import { readCounts } from './read-counts.ts'
import type { FlagHealth, MetricHealth } from './schemas.ts'
import { shownEffect } from './shown-effect.ts'
import { splitEffects } from './split-effects.ts'

interface HealthTarget {
  readonly flag: string
  readonly scope: string
}

/** Reads the counts of a flag in a scope and judges them, with series for plots. */
export async function readFlagHealth(
  { stores, unitSamples, now }: Pick<Services, 'stores' | 'unitSamples' | 'now'>,
  { key: project, state }: Pick<LiveProject, 'key' | 'state'>,
  { flag, scope }: HealthTarget,
): Promise<FlagHealth> {
  const at = now()
  const target = { project, flag, scope }
  const ofArms = await readCounts(stores.events, state, { ...target, arm: 'treatment' })
  const ofSplits = await readCounts(stores.events, state, { ...target, arm: '' })
  const attempt = ofArms.allocations.at(-1)?.attempt ?? 0
  const { oneIn } = unitSamples.of({ ...target, attempt })
  return {
    ...healthOfArms(judgedAlone({ state, ...target, counts: ofArms, oneIn, now: at })),
    scope,
    oneIn,
    effects: splitEffects(state, ofSplits, at),
  }
}

/** Judges a scope by itself, with the error budget of a rollout that has no other scope. */
function judgedAlone(counts: Omit<CountsToJudge, 'alpha'>): JudgedCounts {
  return judgeCounts({ ...counts, alpha: scopeAlpha({ scopes: 1 }) })
}

function healthOfArms(
  health: JudgedCounts,
): Pick<FlagHealth, 'share' | 'state' | 'sentence' | 'metrics'> {
  const { share, judged } = health
  const isCompared = share > 0 && share < 1
  return {
    share: share * 100,
    state: isCompared ? judged.state : 'not-compared',
    sentence: isCompared ? judged.sentence : 'No share of the users is treated by chance.',
    metrics: isCompared ? metricsOf(health) : [],
  }
}

function metricsOf({ metrics, counts, judged }: JudgedCounts): MetricHealth[] {
  return metrics.map((metric, i) => {
    const { finished, recent } = counts.get(metric.key)!
    const { state, sentence, units, events, rates, comparison, atLeast, ruledOut, eta } =
      judged.metrics[i]!
    const none = { control: 0, treatment: 0 }
    return {
      key: metric.key,
      state,
      sentence,
      units,
      events,
      rates,
      evidence: {
        log10: comparison.log10,
        threshold: Number.isFinite(comparison.threshold) ? comparison.threshold : null,
        series: [...evidenceSeries(metric, finished, recent)],
      },
      ...(atLeast !== undefined && { atLeast }),
      ...(ruledOut !== undefined && { ruledOut }),
      ...(eta !== undefined && { usersNeeded: eta.units }),
      minutes: [...finished, ...recent]
        .flatMap(({ minutes }) => minutes)
        .map(({ minute, exposed, arrived = none }) => ({ minute, exposed, arrived })),
      effect: shownEffect(compareArms(metric, finished)),
    }
  })
}
