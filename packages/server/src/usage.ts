import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Invalid arguments of a command, as a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Parses the arguments of a command. @throws {UsageError} */
export function parseArguments<T extends ParseArgsConfig>(args: readonly string[], config: T) {
  try {
    return parseArgs({ args: [...args], ...config })
  } catch (error) {
    throw new UsageError(`${sentenceOf(error as Error)} Run flaghoist-server --help.`)
  }
}

/** Node repeats arguments, which may be keys, and ends some messages without a period. */
function sentenceOf({ message }: Error): string {
  return message.replace(/fh_[a-z]+_[^\s']+/g, 'fh_…').replace(/\.?$/, '.')
}
