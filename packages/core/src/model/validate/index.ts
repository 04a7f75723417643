import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Edit } from '../../schema/index.ts'
import { layerKey, parseLayerKey, parseScope } from '../../scope.ts'
import { entityName, type ProjectState } from '../state.ts'
import { validateFlag } from './flag.ts'
import { isKillOnly, validateLayer } from './layer.ts'
import { validateChains, validatePrerequisites } from './prerequisites.ts'
import { validateRemovals } from './references.ts'
import { validateWhen } from './when.ts'

/**
 * What is wrong with a state, as far as these edits touched it: everything that the schema of one
 * entity cannot see. Empty is good.
 *
 * @param before the state that was edited
 * @param after the state with the edits applied
 */
export function validate(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly Issue[] {
  const touched = { before, after, layers: new Set(edits.filter(isLookedAt).map(entityName)) }
  const issues: Issue[] = []
  for (const edit of edits) {
    const name = entityName(edit)
    for (const { path, message } of validateEdit(touched, edit))
      issues.push({ path: path === '' ? name : `${name}.${path}`, message })
  }
  return [
    ...issues,
    ...validatePrerequisites(after, edits),
    ...validateChains(before, after, edits),
    ...validateRemovals(after, edits),
    ...validateCounts(before, after),
  ]
}

interface Touched {
  readonly before: ProjectState
  readonly after: ProjectState
  /** Names of the layers that are looked at by themselves. */
  readonly layers: ReadonlySet<string>
}

function isLookedAt(edit: Edit): boolean {
  return edit.kind === 'layer' && !isKillOnly(edit)
}

function validateEdit({ before, after, layers }: Touched, edit: Edit): readonly Issue[] {
  const { after: entity, key } = edit
  if (entity === null) return []
  const own = edit.kind === 'apiKey' ? edit.after!.id : 'key' in entity ? entity.key : key
  if (own !== key)
    return [{ path: 'key', message: `The key is "${own}" here and "${key}" there: use one.` }]

  switch (edit.kind) {
    case 'flag': {
      const isSeenHere = (scope: string) => !layers.has(`layer:${layerKey(key, scope)}`)
      return validateFlag(before, after, key, isSeenHere)
    }
    case 'layer': {
      const { flag: flagKey, scope } = parseLayerKey(key)
      const flag = after.flags.get(flagKey)
      if (flag === undefined)
        return [{ path: '', message: `There is no flag "${flagKey}". Create it first.` }]
      const issues = validateScope(after, scope)
      return isLookedAt(edit) ? [...issues, ...validateLayer(after, flag, scope)] : issues
    }
    case 'instance':
      return validateTimeZone(before.instances.get(key)?.timeZone, edit.after!.timeZone)
    case 'segment':
      return validateWhen(edit.after!.when, { state: after, isInSegment: true }).map((issue) => ({
        ...issue,
        path: `when.${issue.path}`,
      }))
    case 'apiKey':
      return edit.after!.scope === undefined ? [] : validateScope(after, edit.after!.scope)
    case 'project':
      return validateRename(before, key)
    default:
      return []
  }
}

function validateScope(state: ProjectState, scope: string): readonly Issue[] {
  const { environment, instance } = parseScope(scope)
  if (environment !== undefined && !state.environments.has(environment))
    return [
      { path: 'scope', message: `There is no environment "${environment}". Create it first.` },
    ]
  if (instance !== undefined && !state.instances.has(instance))
    return [{ path: 'scope', message: `There is no instance "${instance}". Create it first.` }]
  return []
}

/** Only one that is new is looked up, so that a machine which knows fewer stops no other edit. */
function validateTimeZone(known: string | undefined, timeZone: string): readonly Issue[] {
  if (timeZone === known) return []
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return []
  } catch {
    const message = `There is no time zone "${timeZone}". Give one of the IANA database, such as "Europe/Zurich" or "UTC".`
    return [{ path: 'timeZone', message }]
  }
}

function validateRename({ project }: ProjectState, key: string): readonly Issue[] {
  if (project === undefined || project.key === key) return []
  const message = `The project "${project.key}" cannot become "${key}": its log has that key. Change the name.`
  return [{ path: 'key', message }]
}

/** Only what grows is counted, so that a lower limit stops no kill. */
function validateCounts(before: ProjectState, after: ProjectState): readonly Issue[] {
  const names = ['flags', 'environments', 'instances', 'segments', 'apiKeys'] as const
  return names
    .map((name) => ({ name, count: after[name].size }))
    .filter(({ name, count }) => count > LIMITS[name] && count > before[name].size)
    .map(({ name, count }) => ({
      path: name,
      message: `A project holds at most ${LIMITS[name]} ${name}; this would be ${count}. Remove what nobody needs.`,
    }))
}
