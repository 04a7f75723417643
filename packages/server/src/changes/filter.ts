import {
  editedLayers,
  entityName,
  entityOf,
  type ProjectState,
  parseLayerKey,
} from '@flaghoist/core/model'
import { type Actor, type LoggedEdit, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import { findFlag } from '../flags/find-flag.ts'
import { PageQuery } from '../http/pagination.ts'
import { InstantQuery } from '../http/request-schemas.ts'
import { ACTIONS } from '../projects/actions.ts'
import { entityNotFound, requireVisibleScope } from '../projects/not-found.ts'
import type { VisibleChange } from '../projects/visibility.ts'

/** The query of the change log: a page, and conditions that a change must meet. */
export const ChangeFilter = PageQuery.extend({
  cursor: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: '`next` of the previous page' }),
  entity: z
    .string()
    .regex(/^\w+:./, 'An entity is written as kind:key, such as segment:staff.')
    .optional()
    .meta({
      description: 'Edited entity, such as `segment:staff` or `layer:new-checkout@production`',
    }),
  flag: z
    .string()
    .optional()
    .meta({ description: 'Flag that was edited itself or in one of its layers' }),
  scope: Scope.optional().meta({
    description: 'Exact scope of an edited layer, such as `production/acme`',
  }),
  actor: z
    .string()
    .optional()
    .meta({ description: 'Id or name of the key that made the change, or name of the person' }),
  action: z.enum(ACTIONS).optional().meta({ description: 'Action of the change' }),
  override: z
    .literal('freeze')
    .optional()
    .meta({ description: '`freeze` lists only changes that overrode a freeze' }),
  from: InstantQuery.meta({ description: 'Earliest time, inclusive, ISO 8601 in UTC' }),
  to: InstantQuery.meta({ description: 'Latest time, exclusive, ISO 8601 in UTC' }),
})

export type ChangeFilter = z.infer<typeof ChangeFilter>

/** Refuses a flag, a scope or an entity that never existed: its empty result would mislead. */
export function requireKnown(
  state: ProjectState,
  { flag, scope, entity }: ChangeFilter,
  bound: string | undefined,
): void {
  if (flag !== undefined) findFlag(state, flag)
  requireVisibleScope(state, scope, bound)
  // A key that is bound to a scope learns nothing of entities that it may not see.
  if (entity === undefined || bound !== undefined || state.editedAt.has(entity)) return
  const [kind = '', ...key] = entity.split(':')
  // A layer that only a kill by tag made has no edit of its own.
  if (kind === 'layer' && entityOf(state, kind, key.join(':')) !== null) return
  const known = [...state.editedAt.keys()].filter((name) => name.startsWith(`${kind}:`))
  throw entityNotFound(
    kind,
    key.join(':'),
    known.map((name) => name.slice(kind.length + 1)),
  )
}

function isAuthor({ id, name, person }: Actor, wanted: string): boolean {
  return [id, name, person].includes(wanted)
}

export function matchesFilter(change: VisibleChange, filter: ChangeFilter): boolean {
  const { actor, action, override, from, to } = filter
  return (
    (actor === undefined || isAuthor(change.actor, actor)) &&
    (action === undefined || change.action === action) &&
    (override === undefined || change.overrides !== undefined) &&
    (from === undefined || Date.parse(change.at) >= Date.parse(from)) &&
    (to === undefined || Date.parse(change.at) < Date.parse(to)) &&
    editsEntity(change, filter)
  )
}

function editsEntity({ edits }: VisibleChange, { entity, flag, scope }: ChangeFilter): boolean {
  if (entity === undefined && flag === undefined && scope === undefined) return true
  return edits.some((edit) => {
    const { flags, scopes } = editedLayers(edit as LoggedEdit) ?? {
      flags: edit.kind === 'flag' ? [edit.key] : [],
      scopes: [],
    }
    return (
      (entity === undefined || concerns(edit, entity)) &&
      (flag === undefined || flags.includes(flag)) &&
      (scope === undefined || scopes.includes(scope))
    )
  })
}

/** Checks that an edit changes an entity; a kill by tag changes layers. */
function concerns(edit: VisibleChange['edits'][number], entity: string): boolean {
  if (edit.kind !== 'kill' || !entity.startsWith('layer:')) return entityName(edit) === entity
  const { flag, scope } = parseLayerKey(entity.slice('layer:'.length))
  const { flags = [], scopes = [] } = editedLayers(edit) ?? {}
  return flags.includes(flag) && scopes.includes(scope)
}
