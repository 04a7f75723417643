import { closest, type Ruleset } from '@flaghoist/core'
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
  /** A ruleset to answer from until there is a newer one. */
  readonly bootstrap?: Ruleset | undefined
  /**
   * Whether to count which variants are served, for health and statistics.
   * @default true
   */
  readonly exposures?: boolean | undefined
  /**
   * Time between two questions where streaming does not work, in ms; at least 1,000.
   * @default 5000
   */
  readonly pollIntervalMs?: number | undefined
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string' && value !== ''
const isKey: Check = (value) =>
  typeof value === 'string' && /^[a-z0-9][a-z0-9._-]{0,99}$/.test(value)

/** Option → what it has to be; an option that is not listed does not exist. */
const RULES: Readonly<Record<keyof ClientOptions, readonly [Check, string]>> = {
  url: [
    (value) => isText(value) && /^https?:\/\/[^/?#]+/.test(String(value)),
    'a URL such as https://flags.example.com',
  ],
  key: [isText, 'an API key of kind server or client'],
  environment: [isKey, 'the key of an environment, such as production'],
  instance: [isKey, 'the key of an instance, such as acme'],
  bootstrap: [(value) => typeof value === 'object' && value !== null, 'a ruleset'],
  exposures: [(value) => typeof value === 'boolean', 'true or false'],
  pollIntervalMs: [
    (value) => typeof value === 'number' && value >= 1_000,
    'a number of at least 1000 (ms)',
  ],
}

/**
 * Finds what is wrong with options, before anything is done with them.
 * @param more options that the SDK has besides
 * @throws {FlaghoistError} `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function checkOptions(
  options: ClientOptions,
  more: Readonly<Record<string, readonly [Check, string]>> = {},
): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null)
    throw clientError('OPTION_INVALID', {
      option: 'options',
      given: String(given),
      expected: 'an object with "url" and "key"',
    })

  const rules: Readonly<Record<string, readonly [Check, string]>> = { ...RULES, ...more }
  const names = Object.keys(rules)
  for (const option of Object.keys(options))
    if (!names.includes(option)) {
      const nearest = closest(option, names)
      const suggestion = nearest
        ? `Did you mean "${nearest}"?`
        : `Options are: ${names.join(', ')}.`
      throw clientError('OPTION_UNKNOWN', { option, suggestion })
    }
  for (const [option, [isValid, expected]] of Object.entries(rules)) {
    const value = (options as unknown as Record<string, unknown>)[option]
    const isNeeded = option === 'url' || option === 'key'
    if (value === undefined ? isNeeded : !isValid(value))
      throw clientError('OPTION_INVALID', { option, given: describe(option, value), expected })
  }
}

/** A key is a secret: errors end in logs. */
function describe(option: string, value: unknown): string {
  if (value === undefined) return 'missing'
  return option === 'key' ? 'not usable' : (JSON.stringify(value)?.slice(0, 100) ?? typeof value)
}
