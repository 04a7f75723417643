import { type EditedLayers, editedLayers } from '@flaghoist/core/model'
import type { Change, LoggedEdit } from '@flaghoist/core/schema'
import { authorName } from '../../projects/author-name.ts'
import { listed, NOTHING_TO_DO, type NoticeParts, quoted } from './notice.ts'

/** Returns the notices of flags: kills, restores, and changes during a freeze. */
export function flagNotices(change: Change): readonly NoticeParts[] {
  const layers = change.edits.filter((edit) => editedLayers(edit) !== undefined)
  const killed = layers.filter((edit) => hasKill(edit, 'after') && !hasKill(edit, 'before'))
  const restored = layers.filter((edit) => hasKill(edit, 'before') && !hasKill(edit, 'after'))
  return [
    ...(killed.length > 0 ? [killOf(change, placesOf(killed))] : []),
    ...(restored.length > 0 ? [restoreOf(change, placesOf(restored))] : []),
    ...overrideOf(change, placesOf(layers)),
  ]
}

function hasKill(edit: LoggedEdit, side: 'before' | 'after'): boolean {
  const isOfLayers = edit.kind === 'layer' || edit.kind === 'kill'
  return isOfLayers && edit[side]?.killed !== undefined
}

function placesOf(edits: readonly LoggedEdit[]): EditedLayers {
  const layers = edits.flatMap((edit) => editedLayers(edit) ?? [])
  return {
    flags: [...new Set(layers.flatMap(({ flags }) => flags))],
    scopes: [...new Set(layers.flatMap(({ scopes }) => scopes))],
  }
}

function killOf({ actor, reason }: Change, places: EditedLayers): NoticeParts {
  return {
    ...places,
    event: 'killed',
    severity: 'critical',
    what: `${authorName(actor)} killed ${quoted(places.flags)} in ${scopeText(places)}.`,
    reason,
    done: `${places.flags.length > 1 ? 'The flags are' : 'The flag is'} off there for all users.`,
    todo: 'Use "restore" after a fix.',
  }
}

function restoreOf({ actor, reason }: Change, places: EditedLayers): NoticeParts {
  return {
    ...places,
    event: 'restored',
    severity: 'info',
    what: `${authorName(actor)} restored ${quoted(places.flags)} in ${scopeText(places)}.`,
    reason,
    done: 'Users there get what the settings of the flag say.',
    todo: NOTHING_TO_DO,
  }
}

function overrideOf(
  { seq, actor, reason, overrides = [] }: Change,
  { flags, scopes }: EditedLayers,
): readonly NoticeParts[] {
  if (overrides.length === 0) return []
  const many = overrides.length > 1 ? 'freezes' : 'freeze'
  return [
    {
      flags,
      // A change of an instance or a flag itself concerns every scope.
      scopes: scopes.length > 0 ? scopes : ['*'],
      event: 'freeze-overridden',
      severity: 'warning',
      what: `${authorName(actor)} made a change during the ${many} ${quoted(overrides)}.`,
      reason,
      done: 'The change is in force.',
      todo: `Revert change ${seq} if it was unintended.`,
    },
  ]
}

function scopeText({ scopes }: EditedLayers): string {
  return scopes.includes('*') ? 'all environments' : listed(scopes)
}
