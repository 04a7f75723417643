import type { Issue } from '../../errors.ts'
import type { Freeze } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { missingIssues } from './missing.ts'
import { validateTimeZone } from './time-zone.ts'

/** Returns the issues of a freeze: names that do not exist, and a window that never applies. */
export function validateFreeze(
  state: ProjectState,
  freeze: Freeze,
  before: Freeze | undefined,
): readonly Issue[] {
  const { environments = [], instances, zone } = freeze
  return [
    ...missingIssues('environments', 'Environment', {
      keys: environments,
      existing: state.environments,
    }),
    ...missingIssues('instances.keys', 'Instance', {
      keys: instances?.keys ?? [],
      existing: state.instances,
    }),
    ...validateInstances(freeze),
    ...validateWindow(freeze),
    ...(zone === 'instance' ? [] : validateTimeZone('zone', before?.zone, zone)),
  ]
}

function validateInstances({ instances }: Freeze): readonly Issue[] {
  const { keys, tags = {} } = instances ?? {}
  if (instances === undefined || keys !== undefined || Object.keys(tags).length > 0) return []
  const message =
    'The freeze selects no instance. Add keys or tags, or remove "instances" to freeze all scopes.'
  return [{ path: 'instances', message }]
}

function validateWindow({ window }: Freeze): readonly Issue[] {
  // Texts of one form compare like the times that they name.
  if (!('once' in window) || window.once.to > window.once.from) return []
  const { from, to } = window.once
  const message = `The window ends at ${to}, which is not after its start at ${from}. Set a later "to".`
  return [{ path: 'window.once.to', message }]
}
