import type { Schema } from '../api/client.ts'
import { RequestError } from '../api/problem.ts'
import { requestFlag } from './flag-requests.ts'
import { switchVariants } from './switch-patch.ts'

/** A flag that must serve one of some variants first. */
export type Prerequisite = NonNullable<Schema<'FlagRequest'>['prerequisites']>[number]

export const newPrerequisite = (): Prerequisite => ({ flag: '', variants: [] })

/** Returns prerequisites as people type them for a request. */
export function prerequisitesOf(typed: readonly Prerequisite[]): Prerequisite[] {
  return typed.map(({ flag, variants }) => ({ flag: flag.trim(), variants: [...variants] }))
}

/** Variants of a flag that can be required. */
export interface RequirableVariants {
  readonly flag: string
  /** Undefined if there is no such flag. */
  readonly keys: readonly string[] | undefined
  /** Variants that a new prerequisite accepts: that with the value true of a boolean flag. */
  readonly proposed: readonly string[]
}

/** Requests the variants of a flag by its key, which may be unknown or unfinished. */
export async function requestVariants(
  flag: string,
  signal: AbortSignal,
): Promise<RequirableVariants> {
  try {
    const { variants } = (await requestFlag(flag, signal)).body
    const { on } = switchVariants(variants) ?? {}
    const keys = variants.map(({ key }) => key)
    return { flag, keys, proposed: on === undefined ? [] : [on] }
  } catch (error) {
    const isUnknown = error instanceof RequestError && [400, 404].includes(error.problem.status)
    if (!isUnknown) throw error
    return { flag, keys: undefined, proposed: [] }
  }
}
