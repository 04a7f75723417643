import { count, number } from '../../parts/format.ts'
import type { Drift } from './drift-requests.ts'

/** A comparison that people choose by its name. */
export interface ScopeChoice {
  /** Value of the request, such as `production/*`. */
  readonly scopes: string
  readonly text: string
}

interface ChoiceOptions {
  /** Keys of the environments that the key sees; the most important one first. */
  readonly environments: readonly string[]
  readonly hasInstances: boolean
  /** Scope that the key is limited to. */
  readonly bound: string | undefined
}

/** Returns the comparisons to choose from; the first one is the default. */
export function scopeChoices(options: ChoiceOptions): readonly ScopeChoice[] {
  const { environments, hasInstances, bound } = options
  const [environment, instance] = bound?.split('/') ?? []
  // Such a key sees one instance, and the environment that it inherits from.
  if (environment && instance)
    return [{ scopes: `${environment},${bound}`, text: `${instance} and ${environment}` }]
  const ofInstances = environments.map((key) => ({
    scopes: `${key}/*`,
    text: `instances of ${key}`,
  }))
  const ofEnvironments = { scopes: environments.join(','), text: 'environments' }
  if (environments.length < 2) return ofInstances
  return hasInstances ? [...ofInstances, ofEnvironments] : [ofEnvironments]
}

/** Returns short names of scopes: without the environment where all are in the same one. */
export function scopeLabels(scopes: readonly string[]): readonly string[] {
  const isOne = new Set(scopes.map(environmentIn)).size === 1
  return isOne ? scopes.map((scope) => scope.split('/').at(-1)!) : scopes
}

const environmentIn = (scope: string): string => scope.split('/')[0]!

/** Returns the compared scopes in words, such as `12 instances of production`. */
export function comparedText(scopes: readonly string[]): string {
  const environments = new Set(scopes.map(environmentIn))
  const areInstances = scopes.every((scope) => scope.includes('/'))
  return areInstances && environments.size === 1
    ? `${count(scopes.length, 'instance')} of ${[...environments][0]}`
    : count(scopes.length, 'scope')
}

/** Returns the numbers of flags that differ in one sentence; undefined if none does. */
export function driftSentence({
  scopes,
  total,
  unexplained,
}: Pick<Drift, 'scopes' | 'total' | 'unexplained'>): string | undefined {
  if (total === 0) return undefined
  const differ = (flags: number) => `${count(flags, 'flag')} ${flags === 1 ? 'differs' : 'differ'}`
  const place = `In ${comparedText(scopes)}`
  const explained = total - unexplained
  if (unexplained === 0) return `${place}, ${differ(explained)}, each with an explanation.`
  const rest = explained === 0 ? '' : `, and ${number(explained)} with one`
  return `${place}, ${differ(unexplained)} without an explanation${rest}.`
}
