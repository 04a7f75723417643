import { entityName, entityOf, type ProjectState } from '@flaghoist/core/model'
import type {
  Environment,
  Freeze,
  Instance,
  Key,
  Metric,
  Plan,
  Segment,
  View,
} from '@flaghoist/core/schema'
import type { z } from 'zod'
import { problem } from '../errors.ts'
import { mergePatch } from '../http/merge-patch.ts'
import { entityNotFound } from '../projects/not-found.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { isVisibleEntity } from '../projects/visibility.ts'

export type Entity = Environment | Instance | Segment | Metric | Plan | Freeze | View

/** A kind of entity that is read and written whole. */
export interface Resource {
  readonly kind: 'environment' | 'instance' | 'segment' | 'metric' | 'plan' | 'freeze' | 'view'
  /** The collection in paths. */
  readonly plural:
    | 'environments'
    | 'instances'
    | 'segments'
    | 'metrics'
    | 'plans'
    | 'freezes'
    | 'views'
  /** The kind with its article, for summaries. */
  readonly article: string
  /** The tag of its operations in the API reference. */
  readonly tag: string
  readonly description: string
  readonly schema: z.ZodObject<{ key: typeof Key } & z.ZodRawShape>
  /** The entity as a key reads it that is bound to a scope; by default as others read it. */
  readonly bound?: { readonly schema: z.ZodType; show(entity: Entity): unknown } | undefined
  /** The entity in the response to a write; by default as {@link schema}. */
  readonly written?: z.ZodObject | undefined
  /** Examples of the bodies that create and update an entity. */
  readonly examples: {
    readonly create: { readonly key: string; readonly [member: string]: unknown }
    readonly update: object
  }
  /** The entities of a project, also those that every project has without storing them. */
  entities(state: ProjectState): ReadonlyMap<string, Entity>
  /** The members that an entity receives when it is created with its key alone. */
  defaults(key: string, existing: ReadonlyMap<string, Entity>): Record<string, unknown>
}

/** An entity in a project. */
export interface ResourceTarget {
  readonly project: string
  readonly key: string
}

/** Creates an entity, with a default for every member that the body leaves out. */
export function createEntity(
  resource: Resource,
  project: string,
  body: { readonly key: string },
): Write {
  const { kind } = resource
  const { key } = body
  return {
    project,
    action: `${kind}.create`,
    names: () => [entityName({ kind, key })],
    plan(state) {
      const existing = resource.entities(state)
      if (existing.has(key)) throw problem('ENTITY_EXISTS', { kind, key })
      const defaults = { ...resource.defaults(key, existing), key }
      return [editOf(resource, key, changed(resource, defaults, body))]
    },
  }
}

/** Changes members of an entity; `null` removes an optional one. */
export function updateEntity(
  resource: Resource,
  { project, key }: ResourceTarget,
  patch: object,
): Write {
  return {
    project,
    action: `${resource.kind}.update`,
    names: () => [entityName({ kind: resource.kind, key })],
    plan: (state) => [
      editOf(resource, key, changed(resource, findEntity(state, resource, key), patch)),
    ],
  }
}

export function deleteEntity(resource: Resource, { project, key }: ResourceTarget): Write {
  return {
    project,
    action: `${resource.kind}.delete`,
    names: () => [entityName({ kind: resource.kind, key })],
    plan(state) {
      findEntity(state, resource, key)
      if (entityOf(state, resource.kind, key) === null)
        throw problem('ENTITY_BUILT_IN', { kind: resource.kind, key })
      return [editOf(resource, key, null)]
    },
  }
}

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findEntity(state: ProjectState, resource: Resource, key: string): Entity {
  const entities = resource.entities(state)
  const entity = entities.get(key)
  if (entity === undefined) throw entityNotFound(resource.kind, key, entities.keys())
  return entity
}

/**
 * Returns an entity that a key which is bound to a scope may see.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`
 */
export function findVisibleEntity(
  state: ProjectState,
  resource: Resource,
  { key, bound }: { readonly key: string; readonly bound: string | undefined },
): Entity {
  const { kind } = resource
  if (!isVisibleEntity(state, { kind, key }, bound))
    throw problem('ENTITY_NOT_FOUND', { kind, key })
  return findEntity(state, resource, key)
}

/** Applies a merge patch. `null` stays where it is a value, such as the holdback of a plan. */
function changed({ schema }: Resource, entity: object, patch: object): object {
  const members = schema.shape as z.ZodRawShape
  const nulls = Object.entries({ ...entity, ...patch }).filter(
    ([name, value]) => value === null && hasNull(members[name] as z.ZodType | undefined),
  )
  return { ...mergePatch(entity, patch), ...Object.fromEntries(nulls) }
}

function hasNull(member: z.ZodType | undefined): boolean {
  return member?.safeParse(null).success === true && !member.safeParse(undefined).success
}

function editOf({ kind }: Resource, key: string, after: unknown): PlannedEdit {
  // The commit validates the entity against the schema of its kind.
  return { kind, key, after } as PlannedEdit
}
