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
    throw new UsageError(`${(error as Error).message} Run flaghoist-server --help.`)
  }
}
