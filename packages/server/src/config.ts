import { closest } from '@flaghoist/core'
import { z } from 'zod'

/** What the operator sets; read from the environment once, at start. */
export type Config = {
  readonly [K in keyof typeof SETTINGS]: z.infer<(typeof SETTINGS)[K]['schema']>
}

interface Setting<T extends z.ZodType> {
  readonly variable: string
  readonly schema: T
  readonly help: string
}

const setting = <T extends z.ZodType>(variable: string, schema: T, help: string): Setting<T> => ({
  variable,
  schema,
  help,
})

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .transform(Number)
    .pipe(
      z
        .number(`is not a number from ${min} to ${max}`)
        .int('is not a whole number')
        .min(min, `is less than ${min}`)
        .max(max, `is more than ${max}`),
    )

/** As browsers send it; apps have schemes of their own. */
function isOrigin(text: string): boolean {
  if (/^https?:/i.test(text)) return URL.canParse(text) && new URL(text).origin === text
  return text === '*' || text === 'null' || /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]+$/.test(text)
}

const SETTINGS = {
  host: setting(
    'FLAGHOIST_HOST',
    z.string().default('127.0.0.1'),
    'Address to listen on; 0.0.0.0 is all.',
  ),
  port: setting(
    'FLAGHOIST_PORT',
    wholeNumber(0, 65_535).default(4400),
    'Port to listen on; 0 picks a free one.',
  ),
  dataDir: setting(
    'FLAGHOIST_DATA_DIR',
    z.string().min(1).default('data'),
    'Folder of the embedded store; ":memory:" keeps nothing.',
  ),
  project: setting(
    'FLAGHOIST_PROJECT',
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'is not a key such as "shop"')
      .default('default'),
    'Project that the first start makes.',
  ),
  adminKey: setting(
    'FLAGHOIST_ADMIN_KEY',
    z.string().min(24, 'is shorter than 24 characters').optional(),
    'First admin key; without it, the first start makes one and prints it.',
  ),
  logLevel: setting(
    'FLAGHOIST_LOG_LEVEL',
    z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
        'is not fatal, error, warn, info, debug or silent',
      )
      .default('warn'),
    'How much is logged.',
  ),
  heartbeatMs: setting(
    'FLAGHOIST_HEARTBEAT_MS',
    wholeNumber(1_000, 15_000).default(8_000),
    'Time between two heartbeats of a stream; SDKs give up after 20 s.',
  ),
  streamBufferBytes: setting(
    'FLAGHOIST_STREAM_BUFFER_BYTES',
    wholeNumber(16_384, 1_073_741_824).default(262_144),
    'Unsent bytes, beside a whole ruleset, at which a stream is cut.',
  ),
  streamAgeMs: setting(
    'FLAGHOIST_STREAM_AGE_MS',
    wholeNumber(10_000, 86_400_000).default(900_000),
    'About how long a stream lasts; then its SDK comes back, to whichever server there is.',
  ),
  corsOrigins: setting(
    'FLAGHOIST_CORS_ORIGINS',
    z
      .string()
      .default('*')
      .transform((text) =>
        text
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      )
      .refine((origins) => origins.every(isOrigin), {
        error: 'has something else than origins such as https://shop.example, without a path',
      }),
    'Origins that browsers may ask from, separated by commas; "*" is any.',
  ),
  rateLimit: setting(
    'FLAGHOIST_RATE_LIMIT',
    wholeNumber(0, 100_000_000).default(60_000),
    'Requests a minute and key; 0 is no limit.',
  ),
  clientEvents: setting(
    'FLAGHOIST_CLIENT_EVENTS',
    wholeNumber(0, 1_000_000_000).default(100_000),
    'Exposures and outcomes of one flag that a client key may report in a minute; more is dropped.',
  ),
  serverEvents: setting(
    'FLAGHOIST_SERVER_EVENTS',
    wholeNumber(0, 1_000_000_000).default(10_000_000),
    'The same for a server key.',
  ),
  eventsFile: setting(
    'FLAGHOIST_EVENTS_FILE',
    z.string().min(1).optional(),
    'File that gets each batch of exposures and outcomes, as a line of JSON.',
  ),
  eventsFileBytes: setting(
    'FLAGHOIST_EVENTS_FILE_BYTES',
    wholeNumber(1_024, 1_099_511_627_776).default(104_857_600),
    'Size at which that file becomes FILE.1 and a new one is begun; five are kept.',
  ),
  eventsWebhookUrl: setting(
    'FLAGHOIST_EVENTS_WEBHOOK_URL',
    z.url({ protocol: /^https?$/, error: 'is not a URL' }).optional(),
    'URL that batches of exposures and outcomes are posted to, signed.',
  ),
  eventsWebhookSecret: setting(
    'FLAGHOIST_EVENTS_WEBHOOK_SECRET',
    z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'is not "whsec_" and at least 24 bytes of base64')
      .optional(),
    'Secret of its signature, after Standard Webhooks.',
  ),
  eventsOtel: setting(
    'FLAGHOIST_EVENTS_OTEL',
    z
      .enum(['true', 'false'], 'is not true or false')
      .default('false')
      .transform((text) => text === 'true'),
    'Whether exposures and outcomes are counted by OpenTelemetry.',
  ),
  shutdownMs: setting(
    'FLAGHOIST_SHUTDOWN_MS',
    wholeNumber(0, 300_000).default(10_000),
    'How long a shutdown waits for requests in flight.',
  ),
  publicUrl: setting(
    'FLAGHOIST_PUBLIC_URL',
    z.url('is not a URL').optional(),
    'URL that others reach the server by, for links in answers.',
  ),
} as const

/** Never shown. */
const SECRETS: readonly string[] = ['FLAGHOIST_ADMIN_KEY', 'FLAGHOIST_EVENTS_WEBHOOK_SECRET']

/** What is wrong with the environment, in sentences. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** @throws {ConfigError} that names everything that is wrong at once */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const known: string[] = Object.values(SETTINGS).map(({ variable }) => variable)
  // Other programs have variables with our prefix too; only what looks like a slip is one.
  const wrong = Object.keys(environment)
    .filter((name) => name.startsWith('FLAGHOIST_') && !known.includes(name))
    .flatMap((name) => {
      const nearest = closest(name, known, 2)
      return nearest === undefined ? [] : `${name} is not a setting. Did you mean ${nearest}?`
    })

  const config = Object.entries(SETTINGS).map(([name, { variable, schema }]) => {
    const given = environment[variable]
    const parsed = schema.safeParse(given === '' ? undefined : given)
    if (parsed.success) return [name, parsed.data] as const
    const shown = SECRETS.includes(variable) ? 'the value given' : JSON.stringify(given)
    wrong.push(`${variable}: ${shown} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`)
    return [name, undefined] as const
  })
  const [url, secret] = ['FLAGHOIST_EVENTS_WEBHOOK_URL', 'FLAGHOIST_EVENTS_WEBHOOK_SECRET']
  if (!environment[url!] !== !environment[secret!])
    wrong.push(`${url} and ${secret}: one is nothing without the other.`)
  if (wrong.length > 0)
    throw new ConfigError(`${wrong.join('\n')}\nflaghoist-server --help lists every setting.`)
  return Object.fromEntries(config) as Config // Each member was parsed by its own schema.
}

/** What `--help` prints. */
export function describeConfig(): string {
  const rows = Object.values(SETTINGS).map(({ variable, schema, help }) => {
    const preset = schema.safeParse(undefined)
    const value = preset.success && preset.data !== undefined ? ` [${String(preset.data)}]` : ''
    return `  ${variable.padEnd(30)} ${help}${value}`
  })
  return [
    'flaghoist-server: feature flags, served.',
    '',
    'Settings (environment variables):',
    ...rows,
    '',
  ].join('\n')
}
