import { parseArguments, UsageError } from '../usage.ts'
import { MIN_DIGITS } from './recorded-heads.ts'

/** A hash, or at least the digits of it that streams carry. */
const HASH = RegExp(`^[0-9a-f]{${MIN_DIGITS},64}$`, 'i')

/** Parses `backup FILE`. @throws {UsageError} */
export function parseBackup(args: readonly string[]): { readonly target: string } {
  const { positionals } = parseArguments(args, { allowPositionals: true })
  const [target, ...rest] = positionals
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
  const options = { head: { type: 'string', multiple: true } } as const
  const { positionals, values } = parseArguments(args, { options, allowPositionals: true })
  const [file, ...rest] = positionals
  if (rest.length > 0)
    throw new UsageError('Name one file: flaghoist-server verify [FILE] [--head HASH]')
  const heads = values.head ?? []
  const wrong = heads.find((head) => !HASH.test(head))
  if (wrong !== undefined)
    throw new UsageError(
      `--head: "${wrong}" is not a hash. Name all 64 hexadecimal digits, or at least ${MIN_DIGITS}.`,
    )
  return { file, heads: heads.map((head) => head.toLowerCase()) }
}
