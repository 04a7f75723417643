import { readFileSync } from 'node:fs'
import type { CaseName, FlagPlan, User } from './cases.ts'

/** A flag that is ready for evaluation. */
export interface Asking {
  /** Evaluates one context. Returns a promise if the contender has no synchronous call. */
  ask(context: unknown): boolean | Promise<boolean>
  close?(): unknown
}

/** A measured implementation. */
export interface Contender {
  readonly name: string
  /** A floor is not a product. It shows the limit of the machine. */
  readonly kind: 'floor' | 'ours' | 'peer'
  /** Set for a plain lookup, which does not decide per user. */
  readonly isUnchecked?: boolean
  /** A user in the contender's own shape. */
  contextOf(user: User): unknown
  /** The input of `load`: JSON as the contender's server sends it, or the path of such a file. */
  configuration(flags: readonly FlagPlan[], asked: CaseName): string
  /** Loads a configuration as the documentation of the contender says and prepares one flag. */
  load(configuration: string, key: string): Asking | Promise<Asking>
}

/** The configurations of all flags by key. */
export function byKey<T>(
  flags: readonly FlagPlan[],
  make: (flag: FlagPlan) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(flags.map((flag) => [flag.key, make(flag)]))
}

/** Name and installed version of a peer. */
export function peerName(name: string): string {
  return `${name} ${dependencies[name]}`
}

const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { dependencies: Readonly<Record<string, string>> }
