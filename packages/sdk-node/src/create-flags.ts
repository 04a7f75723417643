import { readFileSync } from 'node:fs'
import {
  type ClientOptions,
  checkOptions,
  clientErrors,
  createClient,
  type Ruleset,
} from '@flaghoist/client'
import { snapshot } from '@flaghoist/core'
import { defineErrors } from '@flaghoist/core/internal'
import { fileCache } from './file-cache.ts'
import { nodePlatform } from './node-platform.ts'
import { type NodeFlags, withScopes } from './scopes.ts'
import { type Telemetry, withTelemetry } from './telemetry.ts'

/** Options of {@link createFlags}. */
export interface NodeOptions extends Omit<ClientOptions, 'bootstrap'> {
  /**
   * Folder in which the last known ruleset is kept, so that a restart without a server answers as before.
   * @default undefined: nothing is kept
   */
  readonly cacheDir?: string | undefined
  /** A ruleset, or the path of a JSON file with one, to answer from until there is a newer one; `null` is to answer from nothing. */
  readonly bootstrap?: Ruleset | string | null | undefined
  /**
   * The API of OpenTelemetry (`import { trace } from '@opentelemetry/api'`): each evaluation becomes an event
   * `feature_flag.evaluation` of the active span.
   * @default undefined: nothing is recorded, and nothing is spent on it
   */
  readonly telemetry?: Telemetry | undefined
}

const clientError = defineErrors(clientErrors)

/**
 * The flags of one key. Starts at once: what was kept or bootstrapped answers first, the stream follows behind. Make one
 * for each process, and close it at the end.
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

/** A bootstrap is part of a deployment: a file that cannot be read is a mistake to hear of at once. */
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
