import type { Ruleset } from '@flaghoist/core'
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

/**
 * Checks options before they are used.
 * @param more checks of further options that the SDK has
 * @throws {FlaghoistError} `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function checkOptions(
  options: ClientOptions,
  more: Readonly<Record<string, Rule>> = {},
): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null)
    throw clientError('OPTION_INVALID', {
      option: 'options',
      given: String(given),
      expected: 'an object with "url" and "key"',
    })

  const rules: Readonly<Record<string, Rule>> = { ...RULES, ...more }
  refuseUnknown(given, Object.keys(rules))
  for (const [option, [isValid, expected]] of Object.entries(rules)) {
    const value: unknown = Reflect.get(given, option)
    const isNeeded = option === 'url' || option === 'key'
    if (value === undefined ? isNeeded : !isValid(value))
      throw clientError('OPTION_INVALID', { option, given: describe(option, value), expected })
  }
}

function refuseUnknown(given: object, names: readonly string[]): void {
  const option = Object.keys(given).find((name) => !names.includes(name))
  if (option === undefined) return
  const nearest = closest(option, names)
  const suggestion = nearest ? `Did you mean "${nearest}"?` : `Options are: ${names.join(', ')}.`
  throw clientError('OPTION_UNKNOWN', { option, suggestion })
}

/** Describes a value without revealing a key: errors end up in logs. */
function describe(option: string, value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === '') return 'empty'
  return option === 'key' ? 'not usable' : (JSON.stringify(value)?.slice(0, 100) ?? typeof value)
}
