import { applyInSteps, entityName, type ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { planRevert } from '../changes/revert.ts'
import { layerName } from '../flags/layers/find-layer.ts'
import { planDeletion, planUpdate } from '../flags/layers/plan.ts'
import { alignmentReads, planAlignment } from '../flags/layers/plan-alignment.ts'
import type { LayerPatch } from '../flags/layers/schemas.ts'
import { completeInSteps } from '../projects/checks.ts'
import { scopeExists, scopeNotFound } from '../projects/not-found.ts'
import type { PlannedEdit, PlanSteps, Write } from '../projects/projects.ts'

/** One of several edits. `null` deletes a layer; `align` is the reference of an alignment. */
export type BatchedEdit =
  | { readonly flag: string; readonly scope: string; readonly layer: LayerPatch | null }
  | { readonly flag: string; readonly scope: string; readonly align: string }
  | { readonly revert: Change }

/**
 * Several edits as one change: all of them or none. Each is planned in the state that those before
 * it lead to.
 * @param at instant of the change, ISO 8601
 */
export function editProject(project: string, edits: readonly BatchedEdit[], at: string): Write {
  return {
    project,
    action: 'project.edit',
    names: () => edits.flatMap(namesOf),
    reads: () => edits.flatMap(readsOf),
    plan: (state) => planEdits(state, project, { edits, at }),
  }
}

/** Edits, and the instant of their change, ISO 8601. */
interface Edits {
  readonly edits: readonly BatchedEdit[]
  readonly at: string
}

function* planEdits(state: ProjectState, project: string, { edits, at }: Edits): PlanSteps {
  let current = state
  let waiting: PlannedEdit[] = []
  const planned: PlannedEdit[] = []
  const edited = new Set<string>()
  for (const edit of edits) {
    // A state for each edit would cost more than the edit. An edit of another kind can change many
    // layers, as the revert of a kill by tag does.
    const isStale =
      waiting.some(({ kind }) => kind !== 'layer') ||
      [...namesOf(edit), ...readsOf(edit)].some((name) => edited.has(name))
    if (isStale) {
      const complete = yield* completeInSteps(current, waiting)
      current = yield* applyInSteps(current, { seq: state.version + 1, edits: complete })
      waiting = []
      edited.clear()
    }
    const own = yield* planEdit(current, project, { edit, at })
    for (const one of own) {
      edited.add(entityName(one))
      waiting.push(one)
      planned.push(one)
    }
    yield
  }
  return planned
}

function namesOf(edit: BatchedEdit): readonly string[] {
  return 'revert' in edit ? edit.revert.edits.map(entityName) : [layerName(edit)]
}

/** Returns the entities that an edit depends on, besides those that it changes. */
function readsOf(edit: BatchedEdit): readonly string[] {
  return 'align' in edit ? alignmentReads({ ...edit, reference: edit.align }) : []
}

function* planEdit(
  state: ProjectState,
  project: string,
  { edit, at }: { readonly edit: BatchedEdit; readonly at: string },
): PlanSteps {
  if ('revert' in edit) return yield* planRevert(state, edit.revert, at)
  const { flag, scope } = edit
  requireScope(state, scope)
  const target = { project, flag, scope }
  if ('align' in edit) {
    requireScope(state, edit.align)
    return planAlignment(state, { ...target, reference: edit.align })
  }
  const { layer } = edit
  return [layer === null ? planDeletion(state, target) : planUpdate(state, target, layer)]
}

function requireScope(state: ProjectState, scope: string): void {
  if (!scopeExists(state, scope)) throw scopeNotFound(state, scope)
}
