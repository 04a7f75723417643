import { EVERYWHERE, editedLayers, parseLayerKey } from '@flaghoist/core/model'
import type { Change, LoggedEdit } from '@flaghoist/core/schema'

/** The verb of an action, as a sentence begins with it. */
const VERBS: Readonly<Record<string, string>> = {
  create: 'Created',
  update: 'Updated',
  set: 'Replaced',
  delete: 'Deleted',
  archive: 'Archived',
  unarchive: 'Unarchived',
  restore: 'Restored',
  retire: 'Retired',
  revoke: 'Revoked',
  revert: 'Reverted a change of',
  import: 'Imported',
}

/** Returns a change by a person as a sentence, with its reason. */
export function changeText({ action, reason }: Change, edits: readonly LoggedEdit[]): string {
  const [first, ...others] = edits
  const verb = VERBS[action.slice(action.indexOf('.') + 1)] ?? 'Changed'
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return `${verb} ${first === undefined ? 'nothing' : nameOf(first)}${more}${reason === undefined ? '.' : `: ${reason}`}`
}

function nameOf(edit: LoggedEdit): string {
  if (edit.kind === 'layer') {
    const { flag, scope } = parseLayerKey(edit.key)
    return `the settings of "${flag}" in ${scope === EVERYWHERE ? 'all environments' : scope}`
  }
  if (edit.kind === 'kill') {
    const { flags = [], scopes = [] } = editedLayers(edit) ?? {}
    return `the kill of ${flags.length} flags in ${scopes.length} scopes`
  }
  // The key of an API key says nothing to people.
  if (edit.kind === 'apiKey') return `the key "${(edit.after ?? edit.before)?.name ?? edit.key}"`
  return `the ${edit.kind} "${edit.key}"`
}
