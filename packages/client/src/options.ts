import type { Ruleset } from '@flaghoist/core'
import { closest } from '@flaghoist/core/internal'
import type { CircuitOptions } from './circuits.ts'
import { clientError } from './errors.ts'

/** How to reach a server, and what to do without it. */
export interface ClientOptions {
  /** Address of the server: `https://flags.example.com`. */
  readonly url: string
  /** API key of kind `server` or `client`. */
  readonly key: string
  /** Environment, for a key that is not bound to one: `production`. */
  readonly environment?: string | undefined
  /** Customer instance, for a key that is bound to an environment: `acme`. */
  readonly instance?: string | undefined
  /** A ruleset to answer from until there is a newer one; `null` is to answer from nothing, also not from what was kept. */
  readonly bootstrap?: Ruleset | null | undefined
  /**
   * Whether to report which variants were served and what happened then, for health and statistics.
   * @default true
   */
  readonly exposures?: boolean | undefined
  /**
   * Time between two questions where streaming does not work, in ms; from 1,000 to 3,600,000.
   * @default 5000
   */
  readonly pollIntervalMs?: number | undefined
  /** When `guard` leaves a new path alone that fails. */
  readonly circuit?: CircuitOptions | undefined
}

/** Whether a value will do, and what it has to be. */
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

/** Option → what it has to be; an option that is not listed does not exist. */
const RULES: Readonly<Record<keyof ClientOptions, Rule>> = {
  url: [isMatch(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/), 'a URL such as https://flags.example.com'],
  key: [isMatch(/^[!-~]+$/), 'an API key of kind server or client, without spaces or line ends'],
  environment: [isKey, 'the key of an environment, such as production'],
  instance: [isKey, 'the key of an instance, such as acme'],
  bootstrap: [(value) => typeof value === 'object', 'a ruleset, or null'],
  exposures: [(value) => typeof value === 'boolean', 'true or false'],
  pollIntervalMs: [
    (value) => typeof value === 'number' && value >= 1_000 && value <= 3_600_000,
    'a number from 1000 to 3600000 (ms)',
  ],
  circuit: [isCircuit, 'an object with "failures", "withinMs" and "openMs", each more than 0'],
}

/**
 * Finds what is wrong with options, before anything is done with them.
 * @param more options that the SDK has besides
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

/** A key is a secret: errors end in logs. */
function describe(option: string, value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === '') return 'empty'
  return option === 'key' ? 'not usable' : (JSON.stringify(value)?.slice(0, 100) ?? typeof value)
}
