import type { FlaghoistError, Ruleset } from '@flaghoist/core'
import { closest } from '@flaghoist/core/internal'
import type { CircuitOptions } from './circuits.ts'
import { clientError } from './errors.ts'

/** Options of a client. */
export interface ClientOptions {
  /** URL of the server, such as `https://flags.example.com`. */
  readonly url: string
  /** API key of kind `server` or `client`. */
  readonly key: string
  /**
   * Environment, such as `production`, for a key that is not bound to one.
   * @default the environment of the key
   */
  readonly environment?: string | undefined
  /**
   * Customer instance, such as `acme`, for a key that is not bound to one.
   * @default the instance of the key
   */
  readonly instance?: string | undefined
  /**
   * Ruleset to evaluate from until a newer one is received. `null` starts without any ruleset, and
   * ignores the cache too.
   * @default undefined: the cached ruleset, if there is one
   */
  readonly bootstrap?: Ruleset | null | undefined
  /**
   * Report exposures and outcomes, for health and statistics.
   * @default true
   */
  readonly exposures?: boolean | undefined
  /**
   * Time between two polls if streaming does not work, ms; 1,000–3,600,000.
   * @default 5000
   */
  readonly pollIntervalMs?: number | undefined
  /**
   * Thresholds after which `guard` skips a failing new path.
   * @default { failures: 5, withinMs: 10000, openMs: 30000 }
   */
  readonly circuit?: CircuitOptions | undefined
}

/** A check of an option, and the value that it expects. */
export type Rule = readonly [isValid: (value: unknown) => boolean, expected: string]

const isMatch = (pattern: RegExp) => (value: unknown) =>
  typeof value === 'string' && pattern.test(value)
const isKey = isMatch(/^[a-z0-9][a-z0-9._-]{0,99}$/)

function isCircuit(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(
    ([name, limit]) =>
      ['failures', 'withinMs', 'openMs'].includes(name) && (limit === undefined || limit > 0),
  )
}

/** The check of each option. Others do not exist. */
const RULES: Readonly<Record<keyof ClientOptions, Rule>> = {
  url: [isMatch(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/), 'a URL such as https://flags.example.com'],
  key: [isMatch(/^[!-~]+$/), 'an API key of kind server or client, without spaces or line breaks'],
  environment: [isKey, 'the key of an environment, such as production'],
  instance: [isKey, 'the key of an instance, such as acme'],
  bootstrap: [(value) => typeof value === 'object', 'a ruleset, or null'],
  exposures: [(value) => typeof value === 'boolean', 'true or false'],
  pollIntervalMs: [
    (value) => typeof value === 'number' && value >= 1_000 && value <= 3_600_000,
    'a number from 1000 to 3600000 (ms)',
  ],
  circuit: [isCircuit, 'an object with "failures", "withinMs" and "openMs", each above 0'],
}

/** The options without which a client would ask the wrong server, or for the wrong scope. */
const IDENTITY: readonly string[] = ['url', 'key', 'environment', 'instance']

/** Errors of options, which a client warns of. */
export interface OptionErrors {
  readonly errors: readonly FlaghoistError[]
  /** The error that keeps the client from connecting. */
  readonly problem?: FlaghoistError | undefined
}

/** Options that can be used, and the errors of all others. */
export interface CheckedOptions<O extends ClientOptions> extends OptionErrors {
  readonly options: O
}

/**
 * Checks options before they are used. Nothing throws: an empty environment variable must not break
 * the start or the build of an app. A client whose url, key, environment or instance is invalid
 * does not connect. Other invalid options are left out.
 *
 * @param more checks of further options that the SDK has
 */
export function checkOptions<O extends ClientOptions>(
  options: O,
  more: Readonly<Record<string, Rule>> = {},
): CheckedOptions<O> {
  const rules: Readonly<Record<string, Rule>> = { ...RULES, ...more }
  const given: unknown = options
  const isObject = typeof given === 'object' && given !== null
  const usable: Record<string, unknown> = isObject ? { ...given } : {}
  const errors = dropUnknown(usable, Object.keys(rules))
  let problem: FlaghoistError | undefined
  for (const [option, [isValid, expected]] of Object.entries(rules)) {
    const value = usable[option]
    const isNeeded = option === 'url' || option === 'key'
    if (value === undefined ? !isNeeded : isValid(value)) continue
    const isIdentity = IDENTITY.includes(option)
    const error = optionError(option, value, expected, isIdentity)
    errors.push(error)
    if (isIdentity) problem ??= error
    delete usable[option]
  }
  return { options: { url: '', key: '', ...usable } as O, errors, problem }
}

function optionError(
  option: string,
  value: unknown,
  expected: string,
  isIdentity: boolean,
): FlaghoistError {
  const effect = isIdentity ? 'evaluations return fallbacks' : 'the default is used'
  return clientError('OPTION_INVALID', { option, given: describe(option, value), expected, effect })
}

function dropUnknown(options: Record<string, unknown>, known: readonly string[]): FlaghoistError[] {
  const unknown = Object.keys(options).filter((option) => !known.includes(option))
  return unknown.map((option) => {
    delete options[option]
    const nearest = closest(option, known)
    const suggestion = nearest ? `Did you mean "${nearest}"?` : `Options are: ${known.join(', ')}.`
    return clientError('OPTION_UNKNOWN', { option, suggestion })
  })
}

/** Describes a value without revealing a key: errors end up in logs. */
function describe(option: string, value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string' && value.trim() === '') return 'empty'
  if (option === 'key') return 'not usable'
  if (typeof value === 'number') return String(value) // JSON has no NaN.
  try {
    return JSON.stringify(value)?.slice(0, 100) ?? typeof value
  } catch {
    return typeof value // A cycle, or a getter that throws.
  }
}
