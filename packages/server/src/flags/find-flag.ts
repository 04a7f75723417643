import type { ProjectState } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { entityNotFound } from '../projects/not-found.ts'

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findFlag(state: ProjectState, key: string): Flag {
  const flag = state.flags.get(key)
  if (flag === undefined) throw entityNotFound('flag', key, state.flags.keys())
  return flag
}
