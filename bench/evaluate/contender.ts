import { readFileSync } from 'node:fs'
import type { CaseName, FlagPlan, User } from './cases.ts'

/** A flag that can be asked. */
export interface Asking {
  /** The answer for one context; a promise where the contender has nothing else. */
  ask(context: unknown): boolean | Promise<boolean>
  close?(): unknown
}

/** Something that is measured. */
export interface Contender {
  readonly name: string
  /** A floor is no product: it shows what the machine can do. */
  readonly kind: 'floor' | 'ours' | 'peer'
  /** For what only looks up, and does not know who may get what. */
  readonly isUnchecked?: boolean
  /** A user in the contender's own shape. */
  contextOf(user: User): unknown
  /** What `load` takes in: JSON as its server sends it, or the path of a file with it. */
  configuration(flags: readonly FlagPlan[], asked: CaseName): string
  /** Takes a configuration in, as its documentation says, and gets one of its flags ready to be asked. */
  load(configuration: string, key: string): Asking | Promise<Asking>
}

/** The configurations of all flags, by their keys. */
export function byKey<T>(
  flags: readonly FlagPlan[],
  make: (flag: FlagPlan) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(flags.map((flag) => [flag.key, make(flag)]))
}

/** Name and version of a peer, as it is installed. */
export function peerName(name: string): string {
  return `${name} ${dependencies[name]}`
}

const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { dependencies: Readonly<Record<string, string>> }
