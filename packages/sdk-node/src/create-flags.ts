import { readFileSync } from 'node:fs'
import {
  type ClientOptions,
  checkOptions,
  clientError,
  createClient,
  type Ruleset,
} from '@flaghoist/client'
import { snapshot } from '@flaghoist/core'
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
}

/**
 * Creates the flags of one key. Evaluations start from the cache or the bootstrap, while the stream
 * connects in the background. Create one per process, and close it at the end.
 *
 * @throws {FlaghoistError} `OPTION_UNKNOWN`, `OPTION_INVALID`; nothing throws after that
 * @example
 * const flags = createFlags({ url: 'https://flags.example.com', key: process.env.FLAGHOIST_KEY ?? '' })
 * await flags.ready({ timeout: 2000 })
 * if (flags.isEnabled('new-checkout', { targetingKey: 'ada' })) console.log('new')
 */
export function createFlags(options: NodeOptions): NodeFlags {
  checkOptions(options as ClientOptions, {
    bootstrap: [isBootstrap, 'a ruleset, or the path of a file with one'],
    cacheDir: [(value) => typeof value === 'string' && value !== '', 'the path of a folder'],
    telemetry: [isTelemetry, '`trace` of @opentelemetry/api'],
  })
  const { cacheDir, bootstrap, telemetry, ...common } = options
  const platform = nodePlatform(cacheDir === undefined ? undefined : fileCache(cacheDir, options))
  const client = createClient({ ...common, bootstrap: readBootstrap(bootstrap) }, platform)
  const flags = telemetry === undefined ? client : withTelemetry(client, telemetry)
  return {
    ...withScopes(flags),
    snapshot(context, keys) {
      const prepared = client.prepared()
      return prepared && snapshot(prepared, context, keys)
    },
  }
}

/** Reads a bootstrap. It is part of a deployment, so an unreadable file throws at once. */
function readBootstrap(bootstrap: NodeOptions['bootstrap']): ClientOptions['bootstrap'] {
  if (typeof bootstrap !== 'string') return bootstrap
  try {
    return JSON.parse(readFileSync(bootstrap, 'utf8')) as Ruleset
  } catch (cause) {
    const given = `"${bootstrap}", which cannot be read (${String(cause)})`
    throw clientError(
      'OPTION_INVALID',
      { option: 'bootstrap', given, expected: 'the path of a JSON file with a ruleset' },
      { cause },
    )
  }
}

function isBootstrap(value: unknown): boolean {
  return typeof value === 'object' || (typeof value === 'string' && value !== '')
}

function isTelemetry(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'getActiveSpan' in value
}
