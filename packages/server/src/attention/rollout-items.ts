import { isWithin, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { closedReason } from '../calendar/work-time.ts'
import {
  severityOfHold,
  severityOfRollback,
  stepAfterHold,
} from '../delivery/notices/hold-steps.ts'
import { listed, NOTHING_TO_DO } from '../delivery/notices/notice.ts'
import { getOrSet } from '../get-or-set.ts'
import { runsOf } from '../rollouts/find-rollout.ts'
import type { ShownRun } from '../rollouts/run-schemas.ts'
import type { AttentionItem } from './schemas.ts'

/** The part of a project that a key may see, and the time. */
export interface AttentionView {
  /** Scope of the key. */
  readonly bound: string | undefined
  /** Epoch ms. */
  readonly now: number
}

/** Runs of one rollout in the same situation. */
interface Alike {
  readonly rollout: ProgressiveRollout
  readonly runs: readonly Pick<RolloutRun, 'scope' | 'since'>[]
  readonly reason: string | undefined
}

/** Runs of one rollout in the same state, for the same reason. */
interface Group extends Alike {
  readonly runs: readonly RolloutRun[]
  readonly code: string
}

/** Returns the situations of rollouts that need a person. */
export function rolloutItems(state: ProjectState, view: AttentionView): readonly AttentionItem[] {
  return [...state.rollouts.values()].flatMap((rollout) => {
    const runs = runsOf(state, rollout.key).filter(({ scope }) => isWithin(scope, view.bound))
    const quarantined = groups(rollout, runs, 'quarantined').map(quarantineItem)
    if (rollout.endedAt !== undefined || runs.length === 0) return quarantined
    return [
      ...groups(rollout, runs, 'rolled-back').map(rollbackItem),
      ...groups(rollout, runs, 'held').map(holdItem),
      ...quarantined,
      ...pauseItem(rollout),
      ...closedItems(state, rollout, runs, view),
    ]
  })
}

function groups(
  rollout: ProgressiveRollout,
  runs: readonly RolloutRun[],
  state: RolloutRun['state'],
): readonly Group[] {
  const found = new Map<string, RolloutRun[]>()
  for (const run of runs)
    if (run.state === state) getOrSet(found, `${run.reason?.code} ${run.owner}`, () => []).push(run)
  return [...found.values()].map((same) => {
    const { code = '', text } = same[0]!.reason ?? {}
    return { rollout, runs: same, code, reason: text }
  })
}

function rollbackItem(group: Group): AttentionItem {
  return {
    kind: 'rolled-back',
    severity: severityOfRollback(group.code),
    ...membersOf(group),
    what: `"${group.rollout.flag}" is rolled back in ${scopesText(group)}.`,
    todo: 'Use "retry" after a fix, or "skip" to leave the old variant there.',
  }
}

function holdItem(group: Group): AttentionItem {
  return {
    kind: 'held',
    severity: severityOfHold(group.code),
    ...membersOf(group),
    what: `The rollout of "${group.rollout.flag}" is held in ${scopesText(group)}.`,
    todo: stepAfterHold(group.code),
  }
}

function quarantineItem(group: Group): AttentionItem {
  const { owner } = group.runs[0]!
  return {
    kind: 'quarantined',
    severity: 'warning',
    ...membersOf(group),
    what: `"${group.rollout.flag}" is in quarantine in ${scopesText(group)}.`,
    todo: 'Use "retry" after a fix.',
    ...(owner !== undefined && { owner }),
  }
}

/** Returns the runs that have all but the permission of a person, as an item. */
export function gateItem(
  rollout: ProgressiveRollout,
  all: readonly ShownRun[],
): readonly AttentionItem[] {
  const runs = all.filter(
    ({ state, attention }) => state === 'exposing' && attention === 'needs-person',
  )
  if (runs.length === 0) return []
  const group = { rollout, runs, reason: undefined }
  return [
    {
      kind: 'at-gate',
      severity: 'info',
      ...membersOf(group),
      what: `The rollout of "${rollout.flag}" waits for a person in ${scopesText(group)}.`,
      todo: 'Use "advance" to take the next step there.',
    },
  ]
}

function pauseItem({ key, flag, environment, status, reason, startedAt }: ProgressiveRollout) {
  if (status !== 'paused') return []
  const item: AttentionItem = {
    kind: 'paused',
    severity: reason?.code === 'by-person' ? 'info' : 'warning',
    since: startedAt,
    what: `The rollout of "${flag}" in ${environment} is paused.`,
    ...(reason && { reason: reason.text }),
    todo: 'Use "resume" to continue, or "abort" to end it.',
    flags: [flag],
    rollout: key,
    scopes: [environment],
  }
  return [item]
}

/** Returns the closed times that keep runs from their next step now. */
function closedItems(
  state: ProjectState,
  rollout: ProgressiveRollout,
  runs: readonly RolloutRun[],
  { now }: AttentionView,
): readonly AttentionItem[] {
  if (rollout.status !== 'running') return []
  const found = new Map<string, RolloutRun[]>()
  for (const run of runs) {
    if (run.state !== 'waiting' && run.state !== 'exposing') continue
    const reason = closedReason(state, run.scope, now)
    if (reason) getOrSet(found, reason.text, () => []).push(run)
  }
  return [...found].map(([reason, same]) => {
    const group = { rollout, runs: same, reason }
    return {
      kind: 'closed',
      severity: 'info',
      ...membersOf(group),
      what: `The rollout of "${rollout.flag}" takes no step in ${scopesText(group)}.`,
      todo: NOTHING_TO_DO,
    }
  })
}

function membersOf({ rollout, runs, reason }: Alike) {
  return {
    since: runs
      .map(({ since }) => since)
      .sort()
      .at(-1)!,
    ...(reason !== undefined && { reason }),
    flags: [rollout.flag],
    rollout: rollout.key,
    scopes: runs.map(({ scope }) => scope),
  }
}

function scopesText({ runs }: Alike): string {
  return listed(runs.map(({ scope }) => scope))
}
