import type { CaseName } from './cases.ts'

/** One question, ready to be asked for each user. */
export interface Prepared {
  /** What is handed over for each user, in the contender's own shape. */
  readonly contexts: readonly unknown[]
  /** The answer for one context; a promise where the contender has nothing else. */
  ask(context: unknown): boolean | Promise<boolean>
  close?(): unknown
}

/** Something that is measured. */
export interface Contender {
  readonly name: string
  /** A floor is not a product: it shows what the machine can do. */
  readonly isFloor?: boolean
  /** Loads `flags` flags of one kind, as the contender's documentation says. */
  prepare(name: CaseName, flags: number): Prepared | Promise<Prepared>
}
