import { applyInSteps, type ProjectState, validateInSteps } from '@flaghoist/core/model'
import type { Edit } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { runInTurns } from '../pause.ts'
import {
  authorise,
  checkExpected,
  checkServes,
  comparedNames,
  completeEdits,
  concernedNames,
  malformedEdits,
  rejectIssues,
} from './checks.ts'
import { planInSteps } from './plan-in-steps.ts'
import type { ProjectWriter } from './project-writer.ts'
import type { Caller, PlanSteps, Policy, Write } from './projects.ts'
import { publishGate, type RulesetSizes } from './publish-gate.ts'
import { withKnownSegments } from './visibility.ts'
import { type WriteWarning, warningsOf } from './write-warnings.ts'

/** A write that passed every check: its edits, and the state that they lead to. */
export interface CheckedWrite {
  /** Empty if the write changes nothing. */
  readonly edits: readonly Edit[]
  readonly state: ProjectState
  readonly sizes: RulesetSizes | undefined
  readonly warnings: readonly WriteWarning[]
  /** Keys of the freezes that it overrides. */
  readonly overrides: readonly string[]
}

/**
 * Authorises a write and plans its edits for a state, in small steps.
 * @throws {FlaghoistError} `SCOPE_FORBIDDEN`, `VERSION_CONFLICT`, and the errors of its plan
 */
export function* planWrite(state: ProjectState, write: Write, caller: Caller): PlanSteps {
  authorise(caller.authority, write.names?.(state) ?? [])
  if (caller.expected !== undefined)
    checkExpected(state, comparedNames(write, state), caller.expected)
  yield
  const planned = yield* planInSteps(write, state)
  // Edits that change nothing count too: the response shows their entities.
  authorise(caller.authority, concernedNames(planned))
  return planned
}

/**
 * Runs a write against the current state, without storing it, in turns of the event loop that are
 * short. The caller keeps other writes of the project away. Commit and preview share this
 * function, so that a preview fails exactly where the commit would.
 * @throws {FlaghoistError} see `Projects.commit`
 */
export async function checkWrite(
  project: ProjectWriter,
  write: Write,
  caller: Caller,
  policies: readonly Policy[],
): Promise<CheckedWrite> {
  const before = project.logged
  if (write.createsProject && before.version > 0)
    throw problem('PROJECT_EXISTS', { project: project.key })

  const planned = await runInTurns(planWrite(before, write, caller))
  const edits = await completeEdits(before, planned)
  // An entity that is already stored must never stop a kill.
  if (!write.urgent) rejectIssues(await malformedEdits(edits))
  if (edits.length === 0)
    return { edits, state: before, sizes: project.sizes, warnings: [], overrides: [] }

  const after = await runInTurns(applyInSteps(before, { seq: before.version + 1, edits }))
  const known = withKnownSegments(after, edits, caller.authority.scope)
  rejectIssues(await runInTurns(validateInSteps(before, known, edits)))
  if (!write.urgent) await runInTurns(checkServes([before, after], edits))
  const isPassed = edits.some(isKillByTag) || (write.urgent && project.sizes === undefined)
  const { broken, tooLarge, sizes } = isPassed
    ? UNMEASURED
    : await publishGate({ before, after, edits, sizes: project.sizes ?? new Map() })
  // A flag that is already broken can still be killed: its SDKs serve their own fallbacks.
  if (!write.urgent) rejectIssues([...broken, ...tooLarge])
  const attempt = { write, caller, edits, before, after }
  const overrides = write.urgent ? [] : policies.flatMap((policy) => policy(attempt) ?? [])
  const warnings = write.urgent ? [] : await warningsOf(before, after, edits)
  return { edits, state: after, sizes, warnings, overrides }
}

/** The gate that an urgent write passes without a measurement. */
const UNMEASURED = { broken: [], tooLarge: [], sizes: undefined }

/** Such an edit changes many flags, and nothing of them but whether they are killed. */
function isKillByTag({ kind }: Edit): boolean {
  return kind === 'kill'
}
