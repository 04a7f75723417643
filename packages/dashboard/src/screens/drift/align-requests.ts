import type { Problem } from '../../api/problem.ts'

/** An edit that makes a scope serve a flag as another scope does. */
export interface AlignEdit {
  readonly flag: string
  readonly scope: string
  /** Scope that is the reference. */
  readonly align: string
}

/** Statuses of a refusal: a right, a policy, or a state that the edits conflict with. */
const REFUSALS: ReadonlySet<number> = new Set([403, 404, 409, 422, 428])

/** Checks that the server refuses to align some flags, while it may align the others. */
export const isRefusal = ({ status }: Problem): boolean => REFUSALS.has(status)
