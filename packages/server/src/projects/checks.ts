import type { Issue } from '@flaghoist/core'
import { canonicalJson, runAtOnce } from '@flaghoist/core/internal'
import {
  entityName,
  entityOf,
  isWithin,
  layerKey,
  type ProjectState,
  parseLayerKey,
  servesNothing,
} from '@flaghoist/core/model'
import { Edit } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { mapInTurns, runInTurns } from '../pause.ts'
import { invalidChange } from '../validation/invalid.ts'
import { readValue } from '../validation/read-value.ts'
import type { Authority, PlannedEdit, Write } from './projects.ts'

/**
 * Adds the values before to planned edits, and drops edits that change nothing. Of two edits of one
 * entity, the later one counts. The result equals the logged edits member for member, so that a
 * replay yields equal bytes.
 */
export function completeEdits(
  state: ProjectState,
  planned: readonly PlannedEdit[],
): Promise<readonly Edit[]> {
  return runInTurns(completeInSteps(state, planned))
}

/** Completes a few edits at once, such as those of a kill: see {@link completeEdits}. */
export function completeFew(state: ProjectState, planned: readonly PlannedEdit[]): readonly Edit[] {
  return runAtOnce(completeInSteps(state, planned))
}

/** Completes edits in small steps: see {@link completeEdits}. */
export function* completeInSteps(
  state: ProjectState,
  planned: readonly PlannedEdit[],
): Generator<undefined, readonly Edit[]> {
  const edits: Edit[] = []
  for (const edit of lastOf(planned)) {
    edits.push(...(yield* completeEdit(state, edit)))
    yield
  }
  return edits
}

/** The last edit of each entity. */
function lastOf(planned: readonly PlannedEdit[]): readonly PlannedEdit[] {
  return [...new Map(planned.map((edit) => [entityName(edit), edit])).values()]
}

function* completeEdit(
  state: ProjectState,
  { kind, key, after }: PlannedEdit,
): Generator<undefined, readonly Edit[]> {
  const before = entityOf(state, kind, key)
  const text = canonicalJson(after)
  yield
  if (text === canonicalJson(before)) return []
  yield
  return [{ kind, key, before, after: JSON.parse(text) } as Edit]
}

/**
 * Checks that a key which is bound to a scope edits only layers and runs within that scope.
 * @param names of entities: `kind:key`
 * @throws {FlaghoistError} `SCOPE_FORBIDDEN`
 */
export function authorise({ scope, actor }: Authority, names: Iterable<string>): void {
  if (scope === undefined) return
  for (const entity of names)
    if (!isNamedWithin(entity, scope))
      throw problem('SCOPE_FORBIDDEN', { key: actor.name, scope, entity })
}

/** Yields the entities that planned edits concern, by name: a kill by tag concerns layers. */
export function* concernedNames(planned: readonly PlannedEdit[]): Generator<string> {
  for (const edit of planned) yield* namesOf(edit)
}

function namesOf(edit: PlannedEdit): readonly string[] {
  if (edit.kind !== 'kill' || edit.after === null) return [entityName(edit)]
  const { flags, scopes } = edit.after
  return scopes.map((scope) => entityName({ kind: 'layer', key: layerKey(flags[0]!, scope) }))
}

/** Checks a name of the form `layer:flag@scope` or `run:rollout@scope`; no other has a scope. */
function isNamedWithin(name: string, scope: string): boolean {
  return /^(layer|run):/.test(name) && isWithin(parseLayerKey(name).scope, scope)
}

/** Issues of edits whose entities do not match their schemas: a store could not return them. */
export async function malformedEdits(edits: readonly Edit[]): Promise<readonly Issue[]> {
  const issues = await mapInTurns(edits, malformedEdit)
  return issues.flat()
}

function malformedEdit(edit: Edit): readonly Issue[] {
  const { issues = [] } = readValue(Edit, edit)
  return issues.map(({ path, message }) => {
    const [, ...member] = path.split('.')
    return { path: [entityName(edit), ...member].join('.'), message }
  })
}

/**
 * @throws {FlaghoistError} `VERSION_CONFLICT` if an entity was edited after the version that the
 * caller read
 */
export function checkExpected(
  state: ProjectState,
  names: readonly string[],
  expected: number,
): void {
  const current = versionOf(state, names)
  if (current !== expected) throw problem('VERSION_CONFLICT', { expected, current })
}

/** The entities whose version an expected version is compared with, by name. */
export function comparedNames(
  { names, reads }: Pick<Write, 'names' | 'reads'>,
  state: ProjectState,
): readonly string[] {
  return [...(names?.(state) ?? []), ...(reads?.(state) ?? [])]
}

/** The last change that edited any of these entities; 0 for none. */
export function versionOf(state: ProjectState, names: readonly string[]): number {
  // An import names more entities than a call can have arguments.
  return names.reduce((last, name) => Math.max(last, state.editedAt.get(name) ?? 0), 0)
}

/**
 * Checks every layer of the edited flags, because a layer that is on may inherit the edited one. A
 * step for each flag.
 * @throws {FlaghoistError} `FLAG_SERVES_NOTHING` if a flag is on in a scope without anything to
 * serve
 */
export function* checkServes(
  [before, after]: readonly [ProjectState, ProjectState],
  edits: readonly Edit[],
): Generator<undefined, void> {
  for (const key of new Set(edits.flatMap(flagsOf))) {
    const flag = after.flags.get(key)
    if (flag === undefined || flag.archivedAt !== undefined) continue
    const was = before.flags.get(key)
    const isLive = was !== undefined && was.archivedAt === undefined
    const scope = Object.keys(flag.layers).find(
      (one) => servesNothing(flag, one) && !(isLive && servesNothing(was, one)),
    )
    const serve = JSON.stringify({ variant: flag.variants[0]?.key })
    if (scope !== undefined)
      throw problem('FLAG_SERVES_NOTHING', { flag: key, type: flag.type, scope, serve })
    yield
  }
}

function flagsOf({ kind, key }: Edit): readonly string[] {
  if (kind === 'flag') return [key]
  return kind === 'layer' ? [parseLayerKey(key).flag] : []
}

/** @throws {FlaghoistError} `INVALID_CHANGE` if there is an issue */
export function rejectIssues(issues: readonly Issue[]): void {
  if (issues.length > 0) throw invalidChange(issues)
}
