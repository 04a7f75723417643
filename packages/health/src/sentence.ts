import type { Arms } from './counts.ts'
import type { Metric } from './metric.ts'
import { count, milliseconds, percent, percents, plain, points, roughly, users } from './numbers.ts'
import type { Eta } from './stage.ts'
import type { MetricVerdict, Subject } from './verdict.ts'

type Unsaid = Omit<MetricVerdict, 'sentence'>

/** Returns a verdict on one metric as a sentence for people. */
export function metricSentence(verdict: Unsaid, metric: Metric, subject: Subject): string {
  const { scope, oneIn = 1 } = subject
  const sample = oneIn > 1 ? `, in a sample of one user in ${count(oneIn)}` : ''
  return `${scope}: ${predicate(verdict, metric, subject)}${sample}`
}

function predicate(verdict: Unsaid, metric: Metric, subject: Subject): string {
  const compared = comparison(verdict, metric, subject)
  switch (verdict.state) {
    case 'regressed':
      return verdict.by === 'limit'
        ? overLimit(verdict, metric, subject)
        : `${compared} (${proof(verdict, metric)})`
    case 'both-paths':
      return bothPaths(verdict, metric, subject)
    case 'watch':
      return `on hold, since ${compared} (${proof(verdict, metric)})`
    case 'no-data':
      return noData(verdict, metric)
    case 'waiting':
      return `${waiting(verdict.eta)}; ${compared} (${arms(verdict, metric)})`
    case 'too-few':
      return `${tooFew(verdict.eta, metric)}; ${compared} (${arms(verdict, metric)})`
    case 'cleared':
      return metric.kind === 'kept-off'
        ? `no circuit keeps users off ${subject.flag}`
        : `${compared} (${clearance(verdict, metric)})`
    case 'shown':
      return `${compared} (${arms(verdict, metric)})`
  }
}

/** The clause that compares both paths: "new-checkout fails for 4.1% of users against 0.9% …". */
function comparison(verdict: Unsaid, metric: Metric, { flag }: Subject): string {
  const { treatment, control } = verdict.rates
  const [next, old] = percents(treatment, control)
  const versus = `against ${old} on the old path`
  switch (metric.kind) {
    case 'failure':
      return metric.key === 'error'
        ? `${flag} fails for ${next} of users ${versus}`
        : `${metric.key} happens to ${next} of users with ${flag} ${versus}`
    case 'absence':
      return `${next} of users with ${flag} never report ${metric.key} ${versus}`
    case 'conversion':
      return `${next} of users with ${flag} reach ${metric.key} ${versus}`
    case 'kept-off':
      return `an open circuit keeps ${next} of users off ${flag}`
    case 'measurement':
      return slowness(verdict, metric, flag)
  }
}

/** Names the quantile that differs most. */
function slowness({ quantiles }: Unsaid, { key }: Metric, flag: string): string {
  const named = [
    ['half of the users', quantiles!.p50],
    ['the slowest tenth', quantiles!.p90],
    ['the slowest hundredth', quantiles!.p99],
  ] as const
  const distance = ({ treatment, control }: Arms) => Math.abs(Math.log(treatment / control))
  const [who, { treatment, control }] = named.reduce((widest, one) =>
    distance(one[1]) > distance(widest[1]) ? one : widest,
  )
  const say = /(^|[-_.])(ms|latency)$/.test(key) ? milliseconds : plain
  const least = who === 'half of the users' ? 'more than' : 'at least'
  return `${key} with ${flag} is ${least} ${say(treatment)} for ${who} against ${say(control)} on the old path`
}

function arms({ units, events }: Unsaid, { kind }: Metric): string {
  const { treatment, control } = kind === 'measurement' ? events : units
  return `${count(treatment)} and ${users(control)}`
}

function proof(verdict: Unsaid, metric: Metric): string {
  const { atLeast } = verdict
  const seen = arms(verdict, metric)
  if (atLeast === undefined) return seen
  return `${seen}; at least ${worse(atLeast, metric)} with 99% confidence`
}

function clearance(verdict: Unsaid, metric: Metric): string {
  const { ruledOut = 0 } = verdict
  const seen = arms(verdict, metric)
  if (ruledOut <= 0) return `${seen}; not worse, with 95% confidence`
  return `${seen}; at most ${worse(ruledOut, metric)} with 95% confidence`
}

function worse(difference: number, { kind }: Metric): string {
  const text = points(difference)
  const noun = text === '1' ? 'point' : 'points'
  if (kind !== 'measurement') return `${text} ${noun} worse`
  return `${text} ${noun} more users beyond the old 90th percentile`
}

function overLimit(verdict: Unsaid, metric: Metric, { flag }: Subject): string {
  const { treatment } = verdict.units
  const limit = percent(metric.limit!.share)
  if (metric.kind === 'measurement')
    return `${metric.key} with ${flag} is beyond its limit for more than ${limit} of ${users(treatment)}`
  const share = percent(harmedShare(verdict, metric))
  return `${share} of ${users(treatment)} with ${flag} ${harm(metric)}, and the limit is ${limit}`
}

function bothPaths({ rates }: Unsaid, metric: Metric, { flag }: Subject): string {
  const limit = percent(metric.limit!.share)
  if (metric.kind === 'measurement')
    return `on hold, since ${metric.key} is beyond its limit of ${limit} of users on both paths of ${flag}; the cause is elsewhere`
  const [next, old] = percents(harmOf(rates.treatment, metric), harmOf(rates.control, metric))
  return `on hold, since ${next} of users with ${flag} and ${old} on the old path ${harm(metric)}, and the limit is ${limit}; the cause is elsewhere`
}

function harmedShare({ rates }: Unsaid, metric: Metric): number {
  return harmOf(rates.treatment, metric)
}

function harmOf(rate: number, { kind }: Metric): number {
  return kind === 'conversion' ? 1 - rate : rate
}

function harm({ key, kind }: Metric): string {
  switch (kind) {
    case 'failure':
      return key === 'error' ? 'fail' : `have ${key}`
    case 'absence':
      return `never report ${key}`
    case 'conversion':
      return `do not reach ${key}`
    default:
      return 'are kept off by an open circuit'
  }
}

function noData(verdict: Unsaid, metric: Metric): string {
  const { events, units } = verdict
  const seen = `${count(units.treatment)} and ${users(units.control)}`
  const isNew = metric.kind === 'absence' ? false : events.control + events.treatment === 0
  return isNew
    ? `on hold, since no user has reported ${metric.key} yet (${seen})`
    : `on hold, since users of both paths have stopped reporting ${metric.key} (${seen})`
}

function waiting(eta: Eta | undefined): string {
  if (eta === undefined) return 'not enough users yet'
  return eta.units === 0
    ? 'enough users, but their outcomes are still arriving'
    : `not enough users yet, about ${roughly(eta.units)} more`
}

function tooFew(eta: Eta | undefined, { key }: Metric): string {
  if (eta === undefined) return `nothing to compare ${key} with, since one path has no users`
  return `too few users to judge ${key}: it takes about ${roughly(eta.units)} more, about ${Math.round(eta.days ?? 0)} days at the present rate`
}
