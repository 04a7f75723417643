import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** Arguments that a command does not have, as a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const HASH = /^[0-9a-f]{64}$/i

/** Parses `backup FILE`. @throws {UsageError} */
export function parseBackup(args: readonly string[]): { readonly target: string } {
  const [target, ...rest] = parse(args, {}).positionals
  if (target === undefined || rest.length > 0)
    throw new UsageError('Name one file for the backup: flaghoist-server backup FILE')
  return { target }
}

/** The arguments of `verify`. */
export interface VerifyArguments {
  /** Undefined for the database of the data folder. */
  readonly file: string | undefined
  readonly heads: readonly string[]
}

/** Parses `verify [FILE] [--head HASH]…`. @throws {UsageError} */
export function parseVerify(args: readonly string[]): VerifyArguments {
  const { positionals, values } = parse(args, { head: { type: 'string', multiple: true } })
  const [file, ...rest] = positionals
  if (rest.length > 0)
    throw new UsageError('Name one file: flaghoist-server verify [FILE] [--head HASH]')
  const heads = values.head ?? []
  const wrong = heads.find((head) => !HASH.test(head))
  if (wrong !== undefined)
    throw new UsageError(`--head: "${wrong}" is not a hash. Give all 64 hexadecimal digits.`)
  return { file, heads: heads.map((head) => head.toLowerCase()) }
}

function parse<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Run flaghoist-server --help.`)
  }
}
