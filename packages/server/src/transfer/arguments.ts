import { parseArguments, UsageError } from '../usage.ts'

/** The arguments of `transfer` and `restore`. */
export interface CopyArguments {
  /** Path of a database file, or URL of a Redis. */
  readonly source: string
  /** First part of the keys in a Redis. */
  readonly prefix: string
  /** Keys of the projects to copy; empty for all. */
  readonly projects: readonly string[]
}

const OPTIONS = { prefix: { type: 'string', default: 'flaghoist' } } as const

/** Parses `SOURCE [PROJECT…] [--prefix NAME]`. @throws {UsageError} */
export function parseCopy(command: string, args: readonly string[]): CopyArguments {
  const { positionals, values } = parseArguments(args, { options: OPTIONS, allowPositionals: true })
  const [source, ...projects] = positionals
  if (source === undefined)
    throw new UsageError(
      `Name a database file or the URL of a Redis: flaghoist-server ${command} SOURCE [PROJECT…]`,
    )
  return { source, prefix: values.prefix, projects }
}
