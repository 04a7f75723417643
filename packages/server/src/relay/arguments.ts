import { parseArgs } from 'node:util'
import { UsageError } from '../backup/arguments.ts'

/** Parses `--upstream URL --key KEY…` to the settings of a relay. @throws {UsageError} */
export function parseRelay(args: readonly string[]): Readonly<Record<string, string>> {
  const { upstream, key } = parse(args)
  return {
    ...(upstream !== undefined && { FLAGHOIST_UPSTREAM_URL: upstream }),
    ...(key !== undefined && { FLAGHOIST_UPSTREAM_KEYS: key.join(',') }),
  }
}

function parse(args: readonly string[]) {
  const options = {
    upstream: { type: 'string' },
    key: { type: 'string', multiple: true },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Run flaghoist-server --help.`)
  }
}
