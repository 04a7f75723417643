import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import { runAtOnce } from '../../run-at-once.ts'
import type { Edit } from '../../schema/index.ts'
import { layerKey, parseLayerKey, runKey } from '../../scope.ts'
import { entityName, type ProjectState } from '../state.ts'
import { validateFlag } from './flag.ts'
import { validateFreeze } from './freeze.ts'
import { isKillOnly, validateLayer } from './layer.ts'
import { validateMetric } from './metric.ts'
import { CREATE, missingText } from './missing.ts'
import { validatePlan } from './plan.ts'
import { validateChains, validatePrerequisites } from './prerequisites.ts'
import { validateRemovals } from './references.ts'
import { validateScope } from './scope.ts'
import { validateSubscription } from './subscription.ts'
import { validateTimeZone } from './time-zone.ts'
import { validateWhen } from './when.ts'

/**
 * Returns the issues of a state, as far as edits affect it: the rules that the schema of one entity
 * cannot check. An empty list means a valid state.
 *
 * @param before the state before the edits
 * @param after the state after the edits
 */
export function validate(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly Issue[] {
  return runAtOnce(validateInSteps(before, after, edits))
}

/** Validates edits in small steps, so that its caller can pause between them. */
export function* validateInSteps(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): Generator<undefined, readonly Issue[]> {
  const layers = new Set<string>()
  for (const edit of edits) {
    if (isCheckedAlone(edit)) layers.add(entityName(edit))
    yield
  }
  const touched = { before, after, layers }
  const issues: Issue[] = []
  for (const edit of edits) {
    const name = entityName(edit)
    for (const { path, message } of validateEdit(touched, edit))
      issues.push({ path: path === '' ? name : `${name}.${path}`, message })
    yield
  }
  issues.push(...validatePrerequisites(after, edits))
  yield
  issues.push(...validateChains(before, after, edits))
  yield
  issues.push(...validateRemovals(after, edits), ...validateCounts(before, after))
  return issues
}

interface Touched {
  readonly before: ProjectState
  readonly after: ProjectState
  /** The names of the layers that are checked by their own edit. */
  readonly layers: ReadonlySet<string>
}

function isCheckedAlone(edit: Edit): boolean {
  return edit.kind === 'layer' && !isKillOnly(edit)
}

function validateEdit({ before, after, layers }: Touched, edit: Edit): readonly Issue[] {
  const { after: entity, key } = edit
  if (entity === null) return []
  const own = ownKey(edit)
  if (own !== key)
    return [
      {
        path: 'key',
        message: `The entity has the key "${own}", but the edit has the key "${key}". Use the same key in both.`,
      },
    ]

  switch (edit.kind) {
    case 'flag': {
      const isCheckedHere = (scope: string) => !layers.has(`layer:${layerKey(key, scope)}`)
      return validateFlag(before, after, key, isCheckedHere)
    }
    case 'layer': {
      const { flag: flagKey, scope } = parseLayerKey(key)
      const flag = after.flags.get(flagKey)
      if (flag === undefined)
        return [
          {
            path: '',
            message: missingText('Flag', flagKey, { known: after.flags.keys(), cure: CREATE }),
          },
        ]
      if (flag.archivedAt !== undefined) return []
      const issues = validateScope(after, scope)
      return isCheckedAlone(edit) ? [...issues, ...validateLayer(after, flag, scope)] : issues
    }
    case 'kill':
      return edit.after!.scopes.flatMap((scope) => validateScope(after, scope))
    case 'instance':
      return validateTimeZone('timeZone', before.instances.get(key)?.timeZone, edit.after!.timeZone)
    case 'segment':
      return within('when', validateWhen(edit.after!.when, { state: after, isInSegment: true }))
    case 'apiKey':
      return edit.after!.scope === undefined ? [] : validateScope(after, edit.after!.scope)
    case 'project':
      return validateRename(before, key)
    case 'metric':
      return validateMetric(edit.after!)
    case 'plan':
      return validatePlan(after, edit.after!)
    case 'freeze':
      return validateFreeze(after, edit.after!, before.freezes.get(key))
    case 'subscription':
      return validateSubscription(after, edit.after!, before.subscriptions.get(key))
    case 'rollout':
      return within('plan', validatePlan(after, edit.after!.plan))
    default:
      return []
  }
}

/** Returns the key that an entity has by its own members. */
function ownKey({ kind, key, after }: Edit): string {
  if (after === null) return key
  if (kind === 'apiKey') return after.id
  if (kind === 'run') return runKey(after.rollout, after.scope)
  return 'key' in after ? after.key : key
}

/** Adds the member that holds them to the paths of issues. */
function within(member: string, issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: `${member}.${issue.path}` }))
}

function validateRename({ project }: ProjectState, key: string): readonly Issue[] {
  if (project === undefined || project.key === key) return []
  const message = `The key of project "${project.key}" cannot change to "${key}", because its change log contains the key. Change the name instead.`
  return [{ path: 'key', message }]
}

const COUNTED = [
  'flags',
  'environments',
  'instances',
  'segments',
  'apiKeys',
  'metrics',
  'plans',
  'rollouts',
  'freezes',
  'subscriptions',
  'views',
] as const

/** Counts only growing collections, so that a lowered limit never blocks a kill. */
function validateCounts(before: ProjectState, after: ProjectState): readonly Issue[] {
  return COUNTED.filter((name) => after[name].size > LIMITS[name])
    .map((name) => ({ name, count: countOf(after, name) }))
    .filter(({ name, count }) => count > LIMITS[name] && count > countOf(before, name))
    .map(({ name, count }) => ({
      path: name,
      message: `A project can have at most ${LIMITS[name]} ${name}; this change would make it ${count}. Delete unused ${name} first.`,
    }))
}

/** Counts a collection; archived flags and rollouts that have ended do not count. */
function countOf(state: ProjectState, name: (typeof COUNTED)[number]): number {
  if (name === 'rollouts')
    return [...state.rollouts.values()].filter(({ endedAt }) => endedAt === undefined).length
  if (name !== 'flags') return state[name].size
  return [...state.flags.values()].filter(({ archivedAt }) => archivedAt === undefined).length
}
