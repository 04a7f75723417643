import { isRestored, isWithin, type ProjectState, parseScope } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { hasTags } from '../projects/select-instances.ts'
import { ACTIONS, type RolloutAction } from './action-names.ts'
import { nextStep } from './decide-run.ts'
import { isUntouched } from './driven-members.ts'
import { findRollout, findRun, namesOfRun, type RolloutTarget, runsOf } from './find-rollout.ts'
import { editsOf } from './run-edits.ts'
import type { ActionRequest } from './schemas.ts'
import { requireAlone } from './start-rollout.ts'
import { isInHoldback } from './step-members.ts'
import type { RunTransition } from './transition.ts'

/** The actions of people on runs. */
export type RunAction =
  | 'hold'
  | 'resume'
  | 'advance'
  | 'finish'
  | 'rollback'
  | 'quarantine'
  | 'retry'
  | 'skip'
  | 'adopt'

/** The person behind an action, and its instant. */
export interface ActionOrigin {
  readonly by: string
  /** ISO 8601. */
  readonly at: string
  /** Scope that the key is bound to. */
  readonly bound: string | undefined
  /** Reason that the person gave. */
  readonly because?: string | undefined
}

/** Actions that take people off the new path: nothing may delay them. */
const URGENT: ReadonlySet<RunAction> = new Set(['hold', 'rollback', 'quarantine', 'skip'])

/**
 * Applies an action to runs, as one change. Runs that it does not apply to stay, so that it can be
 * repeated.
 */
export function actOnRuns(
  { project, key }: RolloutTarget,
  action: RunAction,
  request: ActionRequest,
  origin: ActionOrigin,
): Write {
  const selected = (state: ProjectState) => selectRuns(state, key, request, origin.bound)
  return {
    project,
    action: `run.${action}`,
    urgent: URGENT.has(action) || undefined,
    names: (state) =>
      selected(state).flatMap(({ scope }) => namesOfRun(findRollout(state, key), scope)),
    plan: (state) =>
      planAction({ project, key }, state, selected(state), { action, request, origin }),
  }
}

interface Requested {
  readonly action: RunAction
  readonly request: ActionRequest
  readonly origin: ActionOrigin
}

function planAction(
  { project, key }: RolloutTarget,
  state: ProjectState,
  runs: readonly RolloutRun[],
  { action, request, origin }: Requested,
): readonly PlannedEdit[] {
  const rollout = findRollout(state, key)
  if (rollout.endedAt !== undefined && action !== 'retry')
    throw problem('ROLLOUT_ENDED', { rollout: key, status: rollout.status })
  const touched: string[] = []
  const edits = runs.flatMap((run) => {
    const transition = transitionFor(action, { state, rollout, run, request, origin })
    if (transition === undefined) return []
    if (WRITES_OVER.has(action) || isFree(state, rollout, run))
      return editsOf({ project, state, rollout, run, at: origin.at }, transition)
    touched.push(run.scope)
    return []
  })
  if (edits.length === 0 && touched.length > 0)
    throw problem('RUN_CHANGED_BY_HAND', { scopes: touched.join(', ') })
  if (edits.length > 0 && action === 'retry') return [...edits, ...reopen(state, rollout)]
  return edits
}

/**
 * Returns the actions of people that would change a run now.
 * @param isAsWritten false if a person has changed the layer of the run
 */
export function possibleActions(
  state: ProjectState,
  rollout: ProgressiveRollout,
  run: RolloutRun,
  isAsWritten: boolean,
): RolloutAction[] {
  const origin = { by: '', at: run.since, bound: undefined }
  const isEnded = rollout.endedAt !== undefined
  return (Object.keys(ACTIONS) as RolloutAction[]).filter((name) => {
    const action = name === 'pause' ? 'hold' : name
    const acted = { state, rollout, run, request: {}, origin }
    if (isEnded && action !== 'retry') return false
    if (!isAsWritten && !WRITES_OVER.has(action)) return false
    return targetOf(action, acted) !== undefined
  })
}

/** Actions that a person uses to decide about a layer that was changed by hand. */
const WRITES_OVER: ReadonlySet<RunAction> = new Set(['adopt', 'resume', 'hold', 'retry'])

function isFree(state: ProjectState, { flag }: ProgressiveRollout, { scope, written }: RolloutRun) {
  return written === undefined || isUntouched(findFlag(state, flag), scope, written)
}

/** A rollout that has ended goes on with the runs that are tried again. */
function reopen(
  state: ProjectState,
  { endedAt, ...rollout }: ProgressiveRollout,
): readonly PlannedEdit[] {
  if (endedAt === undefined) return []
  requireAlone(state, rollout)
  return [{ kind: 'rollout', key: rollout.key, after: { ...rollout, status: 'running' } }]
}

interface Acted {
  readonly state: ProjectState
  readonly rollout: ProgressiveRollout
  readonly run: RolloutRun
  readonly request: ActionRequest
  readonly origin: ActionOrigin
}

/** The past tense of each action, before its scope. */
const PAST: Readonly<Record<RunAction, string>> = {
  hold: 'paused',
  resume: 'resumed',
  advance: 'advanced',
  finish: 'finished',
  rollback: 'rolled back',
  quarantine: 'quarantined',
  retry: 'retried',
  skip: 'skipped',
  adopt: 'adopted the changed layer of',
}

/** The transition that an action asks of a run; undefined where it does not apply. */
function transitionFor(action: RunAction, acted: Acted): RunTransition | undefined {
  const { run, origin } = acted
  const to = targetOf(action, acted)
  if (to === undefined) return undefined
  const { by, because } = origin
  const text = `${by} ${PAST[action]} ${run.scope}${because === undefined ? '.' : `: ${because}`}`
  return {
    scope: run.scope,
    to,
    reason: { code: 'by-person', text },
    ...(action === 'adopt' ? { adopts: true } : {}),
  }
}

function targetOf(
  action: RunAction,
  { state, rollout, run, request, origin }: Acted,
): RunTransition['to'] | undefined {
  const isExposing = run.state === 'exposing' || run.state === 'holdback'
  const isActive = isExposing || run.state === 'held'
  switch (action) {
    case 'hold':
      return isExposing ? { state: 'held', treats: 'unchanged' } : undefined
    case 'resume':
      return run.state === 'held' ? sameStep(rollout, run) : undefined
    case 'adopt':
      return run.state === 'held' && run.reason?.code === 'changed-by-hand'
        ? sameStep(rollout, run)
        : undefined
    case 'advance':
      if (run.state === 'waiting') return { state: 'exposing', step: 0 }
      return isExposing ? nextStep({ rollout, run }) : undefined
    case 'finish':
      return isActive ? { state: 'done' } : undefined
    case 'rollback':
      return isActive || run.state === 'done' ? { state: 'rolled-back' } : undefined
    case 'quarantine': {
      const { instance = '' } = parseScope(run.scope)
      const owner = request.owner ?? (state.instances.get(instance)?.owner || origin.by)
      return run.state === 'quarantined' && run.owner === owner
        ? undefined
        : { state: 'quarantined', owner }
    }
    case 'retry':
      return isRestored(run) ? { state: 'waiting' } : undefined
    case 'skip':
      return isActive || run.state === 'waiting' ? { state: 'skipped' } : undefined
  }
}

function sameStep(rollout: ProgressiveRollout, run: RolloutRun): RunTransition['to'] {
  return { state: isInHoldback(rollout, run) ? 'holdback' : 'exposing', step: run.step }
}

/**
 * Selects the runs that a request names, within the scope of the key.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`, `RUN_NOT_STARTED` for a scope without a run
 */
function selectRuns(
  state: ProjectState,
  key: string,
  { scopes, tags = {} }: ActionRequest,
  bound: string | undefined,
): readonly RolloutRun[] {
  findRollout(state, key, bound)
  const named = scopes?.map((scope) => findRun(state, key, scope, bound)) ?? runsOf(state, key)
  return named.filter(({ scope }) => {
    const instance = state.instances.get(parseScope(scope).instance ?? '')
    const isInReach = scopes !== undefined || isWithin(scope, bound)
    return isInReach && hasTags(instance?.tags ?? {}, tags)
  })
}
