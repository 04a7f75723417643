import { parseArguments } from '../usage.ts'

const OPTIONS = { upstream: { type: 'string' }, key: { type: 'string', multiple: true } } as const

/** Parses `--upstream URL --key KEY…` to the settings of a relay. @throws {UsageError} */
export function parseRelay(args: readonly string[]): Readonly<Record<string, string>> {
  const { upstream, key } = parseArguments(args, { options: OPTIONS }).values
  return {
    ...(upstream !== undefined && { FLAGHOIST_UPSTREAM_URL: upstream }),
    ...(key !== undefined && { FLAGHOIST_UPSTREAM_KEYS: key.join(',') }),
  }
}
