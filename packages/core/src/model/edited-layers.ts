import type { LoggedEdit } from '../schema/index.ts'
import { parseLayerKey } from '../scope.ts'

/** Layers of flags: those of every flag in every scope. */
export interface EditedLayers {
  readonly flags: readonly string[]
  readonly scopes: readonly string[]
}

/** Returns the layers that an edit changes: one, many by a kill by tag, or undefined for none. */
export function editedLayers(edit: LoggedEdit): EditedLayers | undefined {
  if (edit.kind === 'kill') return edit.after ?? edit.before ?? undefined
  if (edit.kind !== 'layer') return undefined
  const { flag, scope } = parseLayerKey(edit.key)
  return { flags: [flag], scopes: [scope] }
}
