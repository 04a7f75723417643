import { readFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import {
  type ClientOptions,
  checkOptions,
  clientError,
  createClient,
  type Rule,
  type Ruleset,
} from '@flaghoist/client'
import { type FlaghoistError, snapshot } from '@flaghoist/core'
import { fileCache } from './file-cache.ts'
import { nodePlatform } from './node-platform.ts'
import { type NodeFlags, withScopes } from './scopes.ts'
import { type Telemetry, withTelemetry } from './telemetry.ts'

/** Options of {@link createFlags}. */
export interface NodeOptions extends Omit<ClientOptions, 'bootstrap'> {
  /**
   * Folder for the last known ruleset, so that a restart without a server evaluates as before.
   * @default undefined: no cache
   */
  readonly cacheDir?: string | undefined
  /**
   * Name of the cached ruleset in place of the key, so that a new key starts from the ruleset of
   * the one before. Use one name for each project and scope.
   * @default the key
   */
  readonly cacheName?: string | undefined
  /**
   * Ruleset, or path of a JSON file with one, to evaluate from until a newer one is received.
   * `null` starts without any ruleset, and ignores the cache too.
   * @default undefined: the cached ruleset, if there is one
   */
  readonly bootstrap?: Ruleset | string | null | undefined
  /**
   * Trace API of OpenTelemetry (`import { trace } from '@opentelemetry/api'`): each evaluation
   * becomes an event `feature_flag.evaluation` of the active span.
   * @default undefined: no events, and no cost
   */
  readonly telemetry?: Telemetry | undefined
  /**
   * Agent of `node:http` or `node:https` for the connections to the server, such as one with a
   * custom CA. Give it to no other code: its sockets keep no process alive.
   * @default undefined: a direct connection, or the proxy of HTTP_PROXY, HTTPS_PROXY and NO_PROXY
   */
  readonly agent?: Agent | undefined
}

/**
 * Creates the flags of one key. Evaluations start from the cache or the bootstrap, while the stream
 * connects in the background. Create one per process, and close it at the end.
 *
 * Nothing throws, not even for invalid options: `status().lastError` and a warning name them.
 *
 * @example
 * const flags = createFlags({ url: 'https://flags.example.com', key: process.env.FLAGHOIST_KEY ?? '' })
 * await flags.ready({ timeout: 2000 })
 * if (flags.isEnabled('new-checkout', { targetingKey: 'ada' })) console.log('new')
 */
export function createFlags(options: NodeOptions): NodeFlags {
  const { options: usable, ...problems } = checkOptions(options as ClientOptions, RULES)
  const { cacheDir, cacheName, bootstrap, telemetry, agent, ...common } = usable as NodeOptions
  const errors = [...problems.errors]
  const cache = cacheDir === undefined ? undefined : fileCache(cacheDir, { ...common, cacheName })
  const client = createClient(
    { ...common, bootstrap: readBootstrap(bootstrap, errors) },
    nodePlatform(cache, agent),
    { ...problems, errors },
  )
  const flags = telemetry === undefined ? client : withTelemetry(client, telemetry)
  return {
    ...withScopes(flags),
    snapshot(context, keys) {
      const prepared = client.prepared()
      return prepared && snapshot(prepared, context, keys)
    },
  }
}

/** Checks of the options that only this SDK has. */
const RULES: Readonly<Record<string, Rule>> = {
  agent: [isAgent, 'an agent of node:http or node:https'],
  bootstrap: [isBootstrap, 'a ruleset, or the path of a file with one'],
  cacheName: [(value) => typeof value === 'string' && value !== '', 'a name, such as shop'],
  cacheDir: [(value) => typeof value === 'string' && value !== '', 'the path of a folder'],
  telemetry: [isTelemetry, '`trace` of @opentelemetry/api'],
}

/** Returns a bootstrap. If its file cannot be read, adds an error and returns undefined. */
function readBootstrap(
  bootstrap: NodeOptions['bootstrap'],
  errors: FlaghoistError[],
): ClientOptions['bootstrap'] {
  if (typeof bootstrap !== 'string') return bootstrap
  try {
    return JSON.parse(readFileSync(bootstrap, 'utf8')) as Ruleset
  } catch (cause) {
    const given = `"${bootstrap}", which cannot be read (${String(cause)})`
    const expected = 'the path of a JSON file with a ruleset'
    const effect = 'the default is used'
    errors.push(clientError('OPTION_INVALID', { option: 'bootstrap', given, expected, effect }))
    return undefined
  }
}

function isBootstrap(value: unknown): boolean {
  return typeof value === 'object' || (typeof value === 'string' && value !== '')
}

function isTelemetry(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'getActiveSpan' in value
}

function isAgent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'addRequest' in value
}
