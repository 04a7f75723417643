import { canonicalJson, type Issue } from '@flaghoist/core'
import {
  entityName,
  entityOf,
  isWithin,
  type ProjectState,
  parseLayerKey,
} from '@flaghoist/core/model'
import { Edit } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Intent, PlannedEdit } from './projects.ts'

/**
 * Fills in what was there before, and drops edits that change nothing; of two edits of one entity, the later holds.
 * What is applied is exactly what the log will say, member for member, so that a replay gives equal bytes.
 */
export function complete(state: ProjectState, planned: readonly PlannedEdit[]): readonly Edit[] {
  const last = new Map(planned.map((edit) => [entityName(edit), edit]))
  return [...last.values()].flatMap(({ kind, key, after }) => {
    const before = entityOf(state, kind, key)
    const text = canonicalJson(after)
    if (text === canonicalJson(before)) return []
    return [{ kind, key, before, after: JSON.parse(text) } as Edit]
  })
}

/**
 * A key that is bound to a scope may set layers within it, and nothing else.
 * @param names of entities: `kind:key`
 * @throws {FlaghoistError} `SCOPE_FORBIDDEN`
 */
export function authorise({ authority }: Intent, names: readonly string[]): void {
  const { scope, actor } = authority
  if (scope === undefined) return
  const outside = names.find((name) => !isLayerWithin(name, scope))
  if (outside !== undefined)
    throw problem('SCOPE_FORBIDDEN', { key: actor.name, scope, entity: outside })
}

function isLayerWithin(name: string, scope: string): boolean {
  return name.startsWith('layer:') && isWithin(parseLayerKey(name).scope, scope)
}

/** What of the edits no store could give back: their entities are not of their schemas. */
export function malformed(edits: readonly Edit[]): readonly Issue[] {
  return edits.flatMap((edit) => {
    const issues = Edit.safeParse(edit).error?.issues ?? []
    return issues.map(({ path, message }) => {
      const [, ...member] = path
      return { path: [entityName(edit), ...member].join('.'), message }
    })
  })
}

/** @throws {FlaghoistError} `VERSION_CONFLICT` if an entity was edited after the version that the caller saw */
export function checkExpected(state: ProjectState, { names = [], expected }: Intent): void {
  if (expected === undefined) return
  const current = versionOf(state, names)
  if (current !== expected) throw problem('VERSION_CONFLICT', { expected, current })
}

/** The last change that edited any of these entities, 0 for none. */
export function versionOf(state: ProjectState, names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => state.editedAt.get(name) ?? 0))
}

/** @throws {FlaghoistError} `INVALID_CHANGE` */
export function refuse(issues: readonly Issue[]): void {
  const [first] = issues
  if (first !== undefined)
    throw problem('INVALID_CHANGE', { problem: `${first.path}: ${first.message}` }, { issues })
}
