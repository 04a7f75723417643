import { closest } from '@flaghoist/core/internal'
import type { z } from 'zod'
import { SECRETS, SETTINGS } from './settings.ts'

/** The settings of a server, read from the environment once, at start. */
export type Config = {
  readonly [K in keyof typeof SETTINGS]: z.infer<(typeof SETTINGS)[K]['schema']>
}

/** The invalid settings, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the settings.
 * @param named settings from the arguments of the command, which override the environment
 * @throws {ConfigError} that names every invalid setting at once
 */
export function loadConfig(
  given: Readonly<Record<string, string | undefined>> = process.env,
  named: Readonly<Record<string, string>> = {},
): Config {
  const environment = { ...given, ...named }
  const known: string[] = Object.values(SETTINGS).map(({ variable }) => variable)
  // Other programs use the same prefix, so only a near miss of a setting is an error.
  const problems = Object.keys(environment)
    .filter((name) => name.startsWith('FLAGHOIST_') && !known.includes(name))
    .flatMap((name) => {
      const nearest = closest(name, known, 2)
      return nearest === undefined ? [] : `${name} is not a setting. Did you mean ${nearest}?`
    })

  const config = Object.entries(SETTINGS).map(([name, { variable, schema }]) => {
    const text = environment[variable]
    const parsed = schema.safeParse(text === '' ? undefined : text)
    if (parsed.success) return [name, parsed.data] as const
    const shown = SECRETS.includes(variable) ? 'the given value' : JSON.stringify(text)
    problems.push(`${variable}: ${shown} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`)
    return [name, undefined] as const
  })
  const [url, secret] = ['FLAGHOIST_EVENTS_WEBHOOK_URL', 'FLAGHOIST_EVENTS_WEBHOOK_SECRET']
  if (!environment[url!] !== !environment[secret!])
    problems.push(`${url} and ${secret}: set both or neither.`)
  if (environment.FLAGHOIST_REDIS_URL && !environment.FLAGHOIST_SECRET)
    problems.push('FLAGHOIST_SECRET: must be set with FLAGHOIST_REDIS_URL, for all servers alike.')
  if (!environment.FLAGHOIST_UPSTREAM_URL !== !environment.FLAGHOIST_UPSTREAM_KEYS)
    problems.push('FLAGHOIST_UPSTREAM_URL and FLAGHOIST_UPSTREAM_KEYS: set both or neither.')
  if (environment.FLAGHOIST_UPSTREAM_URL && environment.FLAGHOIST_REDIS_URL)
    problems.push('FLAGHOIST_UPSTREAM_URL and FLAGHOIST_REDIS_URL: set one; a relay has no Redis.')
  if (problems.length > 0)
    throw new ConfigError(`${problems.join('\n')}\nflaghoist-server --help lists every setting.`)
  return Object.fromEntries(config) as Config // Each member was parsed by its own schema.
}

/** The text of `--help`. */
export function describeConfig(): string {
  const settings = Object.values(SETTINGS)
  const width = Math.max(...settings.map(({ variable }) => variable.length))
  const rows = settings.map(({ variable, schema, help }) => {
    const preset = schema.safeParse(undefined)
    const value = preset.success && preset.data !== undefined ? ` [${String(preset.data)}]` : ''
    return `  ${variable.padEnd(width)} ${help}${value}`
  })
  return [
    'flaghoist-server: the Flaghoist feature-flag server',
    '',
    'Commands:',
    '  flaghoist-server                             Start the server.',
    '  flaghoist-server --upstream URL --key KEY…   Start a relay of the server at URL, for each KEY.',
    '  flaghoist-server backup FILE                 Back up the data folder, also while a server runs.',
    '  flaghoist-server verify [FILE] [--head HASH] Verify the logs of the configured store or of a backup,',
    '                                               and that they contain the change with each HASH.',
    '  flaghoist-server transfer SOURCE [PROJECT…]  Copy projects from a database file or the URL of a Redis',
    '                                               to the configured store. Stop the servers of both first.',
    '  flaghoist-server restore SOURCE [PROJECT…]   Copy projects likewise, each as a new log: every SDK',
    '                                               accepts it, also one that holds a newer version.',
    '    --prefix NAME                              First part of the keys, if SOURCE is a Redis [flaghoist].',
    '  flaghoist-server --help, --version           Show this text, or the version.',
    '',
    'Settings (environment variables):',
    ...rows,
    '',
  ].join('\n')
}
