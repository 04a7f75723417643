import { z } from 'zod'
import { hostOf } from './delivery/guarded-post.ts'
import { parseRedisUrl } from './stores/redis/redis-url.ts'

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

/** Checks that a text is an origin as browsers and apps send it. */
function isOrigin(text: string): boolean {
  if (/^https?:/i.test(text)) return URL.canParse(text) && new URL(text).origin === text
  return text === '*' || text === 'null' || /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]+$/.test(text)
}

/** Checks that a text is a host name or an IP address as URLs show it. */
function isHost(text: string): boolean {
  const url = `http://${text.includes(':') ? `[${text}]` : text}/`
  return URL.canParse(url) && hostOf(new URL(url)) === text
}

function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
}

/** The settings by the member of the configuration that holds each. */
export const SETTINGS = {
  host: setting(
    'FLAGHOIST_HOST',
    z.string().default('127.0.0.1'),
    'Address to listen on; 0.0.0.0 for all interfaces.',
  ),
  port: setting(
    'FLAGHOIST_PORT',
    wholeNumber(0, 65_535).default(4400),
    'Port to listen on; 0 for any free port.',
  ),
  dataDir: setting(
    'FLAGHOIST_DATA_DIR',
    z.string().min(1).default('data'),
    'Folder of the embedded store; with Redis, of kills that Redis does not hold yet. ":memory:" keeps all data in memory.',
  ),
  redis: setting(
    'FLAGHOIST_REDIS_URL',
    z
      .string()
      .transform(parseRedisUrl)
      .refine((address) => address !== undefined, {
        error: 'is not a URL such as redis://host:6379 or redis+cluster://host:6379,host:6379',
      })
      .optional(),
    'URL of the Redis that several servers share; if empty, the data folder holds the store.',
  ),
  redisPrefix: setting(
    'FLAGHOIST_REDIS_PREFIX',
    z
      .string()
      .regex(/^[\w.-]+$/, 'is not a name such as "flaghoist"')
      .default('flaghoist'),
    'First part of all keys in Redis, so that deployments can share it.',
  ),
  redisDurability: setting(
    'FLAGHOIST_REDIS_DURABILITY',
    z.enum(['disk', 'memory'], 'is not disk or memory').default('disk'),
    'Place in which the master of Redis holds a change before it is acknowledged: disk or memory.',
  ),
  redisReplicas: setting(
    'FLAGHOIST_REDIS_REPLICAS',
    wholeNumber(0, 100).default(0),
    'Replicas of Redis that hold a change before it is acknowledged; 0 does not wait for any.',
  ),
  upstream: setting(
    'FLAGHOIST_UPSTREAM_URL',
    z
      .string()
      .regex(
        /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/,
        'is not a URL such as https://flags.example.com',
      )
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'URL of the upstream of a relay (--upstream); if empty, the process is a server.',
  ),
  upstreamKeys: setting(
    'FLAGHOIST_UPSTREAM_KEYS',
    z
      .string()
      .default('')
      .transform(listed)
      .refine((keys) => keys.every((key) => /^fh_(server|client)_[!-~]+$/.test(key)), {
        error: 'must list keys of kind server or client, such as fh_server_…',
      }),
    'Keys that a relay serves, comma-separated (--key for each).',
  ),
  upstreamQueueBytes: setting(
    'FLAGHOIST_UPSTREAM_QUEUE_BYTES',
    wholeNumber(1_048_576, 1_099_511_627_776).default(268_435_456),
    'Reports that a relay keeps while its upstream is away, bytes; the oldest are dropped.',
  ),
  project: setting(
    'FLAGHOIST_PROJECT',
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'is not a key such as "shop"')
      .default('default'),
    'Key of the project that the first start creates.',
  ),
  adminKey: setting(
    'FLAGHOIST_ADMIN_KEY',
    z.string().min(24, 'is shorter than 24 characters').optional(),
    'Admin key of all projects, valid while it is set; if empty, the first start prints one.',
  ),
  secret: setting(
    'FLAGHOIST_SECRET',
    z.string().min(32, 'is shorter than 32 characters').optional(),
    'Secret that encrypts stored webhook URLs; if empty, a file of the data folder holds one.',
  ),
  logLevel: setting(
    'FLAGHOIST_LOG_LEVEL',
    z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
        'is not fatal, error, warn, info, debug or silent',
      )
      .default('warn'),
    'Log level: fatal, error, warn, info, debug or silent.',
  ),
  heartbeatMs: setting(
    'FLAGHOIST_HEARTBEAT_MS',
    wholeNumber(1_000, 15_000).default(8_000),
    'Interval of stream heartbeats, ms; SDKs reconnect after 20 s without one.',
  ),
  streamBufferBytes: setting(
    'FLAGHOIST_STREAM_BUFFER_BYTES',
    wholeNumber(16_384, 1_073_741_824).default(262_144),
    'Unsent bytes, in addition to the last large event, at which a stream is closed.',
  ),
  streamAgeMs: setting(
    'FLAGHOIST_STREAM_AGE_MS',
    wholeNumber(10_000, 86_400_000).default(900_000),
    'Average lifetime of a stream, ms; its SDK then reconnects, to any server.',
  ),
  corsOrigins: setting(
    'FLAGHOIST_CORS_ORIGINS',
    z
      .string()
      .default('*')
      .transform(listed)
      .refine((origins) => origins.every(isOrigin), {
        error: 'must list origins only, such as https://shop.example (no path)',
      }),
    'Origins that browsers may send requests from, comma-separated; "*" for any.',
  ),
  rateLimit: setting(
    'FLAGHOIST_RATE_LIMIT',
    wholeNumber(0, 100_000_000).default(60_000),
    'Requests per minute per key, and of client keys per address; 0 disables the limits.',
  ),
  streamsPerAddress: setting(
    'FLAGHOIST_STREAMS_PER_ADDRESS',
    wholeNumber(1, 1_000_000).default(2_000),
    'Open streams per client key and address; further SDKs poll.',
  ),
  clientAddressHeader: setting(
    'FLAGHOIST_CLIENT_ADDRESS_HEADER',
    z
      .string()
      .regex(/^[a-z0-9-]+$/i, 'is not the name of a header')
      .transform((name) => name.toLowerCase())
      .optional(),
    'Header in which your proxy sends the address of the client; empty without a proxy.',
  ),
  clientEvents: setting(
    'FLAGHOIST_CLIENT_EVENTS',
    wholeNumber(0, 1_000_000_000).default(100_000),
    'Exposures and outcomes per minute per flag, client key and address; excess is dropped.',
  ),
  clientUnits: setting(
    'FLAGHOIST_CLIENT_UNITS',
    wholeNumber(0, 1_000_000_000).default(5_000_000),
    'New units per day and client key, of which one address may add a tenth.',
  ),
  sampleUnits: setting(
    'FLAGHOIST_SAMPLE_UNITS',
    wholeNumber(0, 1_000_000_000).default(1_000_000),
    'New units per hour, flag and scope above which a sample is counted; 0 counts all.',
  ),
  serverEvents: setting(
    'FLAGHOIST_SERVER_EVENTS',
    wholeNumber(0, 1_000_000_000).default(10_000_000),
    'Exposures and outcomes per minute per flag and server key; excess is dropped.',
  ),
  minFreeBytes: setting(
    'FLAGHOIST_MIN_FREE_BYTES',
    wholeNumber(0, 1_099_511_627_776).default(104_857_600),
    'Free disk space below which exposures and outcomes are refused, bytes; backups leave it free.',
  ),
  metricsToken: setting(
    'FLAGHOIST_METRICS_TOKEN',
    z.string().min(24, 'is shorter than 24 characters').optional(),
    'Bearer token that /metrics requires; if empty, any client can read the metrics.',
  ),
  eventsFile: setting(
    'FLAGHOIST_EVENTS_FILE',
    z.string().min(1).optional(),
    'File for batches of exposures and outcomes, one JSON line each; empty for none.',
  ),
  eventsFileBytes: setting(
    'FLAGHOIST_EVENTS_FILE_BYTES',
    wholeNumber(1_024, 1_099_511_627_776).default(104_857_600),
    'Size at which the events file is rotated to FILE.1, bytes; five files are kept.',
  ),
  eventsWebhookUrl: setting(
    'FLAGHOIST_EVENTS_WEBHOOK_URL',
    z.url({ protocol: /^https?$/, error: 'is not a URL' }).optional(),
    'URL that receives batches of exposures and outcomes by signed POST; empty for none.',
  ),
  eventsWebhookSecret: setting(
    'FLAGHOIST_EVENTS_WEBHOOK_SECRET',
    z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'is not "whsec_" and at least 24 bytes of base64')
      .optional(),
    'Secret that signs the events webhook (Standard Webhooks).',
  ),
  eventsOtel: setting(
    'FLAGHOIST_EVENTS_OTEL',
    z
      .enum(['true', 'false'], 'is not true or false')
      .default('false')
      .transform((text) => text === 'true'),
    'Export exposures and outcomes as OpenTelemetry metrics, by flag and scope.',
  ),
  privateWebhookHosts: setting(
    'FLAGHOIST_PRIVATE_WEBHOOK_HOSTS',
    z
      .string()
      .default('')
      .transform(listed)
      .refine((hosts) => hosts.every((host) => host === '*' || isHost(host)), {
        error: 'must list hosts such as chat.internal (no port, no path)',
      }),
    'Hosts with private addresses that subscriptions may post to, comma-separated; "*" for any.',
  ),
  shutdownMs: setting(
    'FLAGHOIST_SHUTDOWN_MS',
    wholeNumber(0, 300_000).default(10_000),
    'Time that a shutdown waits for requests in flight, ms.',
  ),
  publicUrl: setting(
    'FLAGHOIST_PUBLIC_URL',
    z.url('is not a URL').optional(),
    'URL of the server as clients reach it, for links in responses.',
  ),
} as const

/** Settings whose values never appear in messages. */
export const SECRETS: readonly string[] = [
  'FLAGHOIST_ADMIN_KEY',
  'FLAGHOIST_SECRET',
  'FLAGHOIST_UPSTREAM_KEYS',
  'FLAGHOIST_REDIS_URL',
  'FLAGHOIST_EVENTS_WEBHOOK_SECRET',
  'FLAGHOIST_METRICS_TOKEN',
]
