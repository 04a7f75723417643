import type { ProjectState } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findFlag(state: ProjectState, key: string): Flag {
  const flag = state.flags.get(key)
  if (flag === undefined) throw problem('ENTITY_NOT_FOUND', { kind: 'flag', key })
  return flag
}
