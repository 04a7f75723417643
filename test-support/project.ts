/** A small project, and edits to it, for tests of the model. */
import {
  apply,
  EMPTY_STATE,
  entityOf,
  layerKey,
  type ProjectState,
} from '../packages/core/src/model/index.ts'
import type { Edit, FlagDefinition, Layer } from '../packages/core/src/schema/index.ts'

export const PROJECT = 'shop'
export const ENVIRONMENTS = ['production', 'staging'] as const
// Two keys break code that uses a record as a map: `10` sorts first, `constructor` is inherited.
export const INSTANCES = ['acme', 'globex', '10'] as const
export const SEGMENTS = ['7', 'constructor', 'staff'] as const

/** The layer of scope `*` of a boolean flag that is on for every unit. */
export const BASE = { on: true, off: 'off', fallthrough: { variant: 'on' } } satisfies Layer

/** One edit; its earlier value is that of the state. */
export function edit<K extends Edit['kind']>(
  kind: K,
  key: string,
  after: Extract<Edit, { kind: K }>['after'],
  state: ProjectState = EMPTY_STATE,
): Edit {
  // The signature ties the entity to its kind.
  return { kind, key, before: entityOf(state, kind, key), after } as Edit
}

/** The definition of a boolean release flag with the variants `on` and `off`. */
export function definition(key: string, parts: Partial<FlagDefinition> = {}): FlagDefinition {
  return {
    key,
    type: 'boolean',
    kind: 'release',
    variants: [
      { key: 'on', value: true },
      { key: 'off', value: false },
    ],
    description: '',
    owner: '',
    tags: {},
    clientVisible: false,
    permanent: false,
    prerequisites: [],
    ...parts,
  }
}

/** Edits that create a flag and its layer of scope `*`. */
export function newFlag(
  key: string,
  parts: Partial<FlagDefinition> = {},
  base: Layer = BASE,
): readonly Edit[] {
  return [edit('flag', key, definition(key, parts)), layer(key, '*', base)]
}

export function layer(flag: string, scope: string, after: Layer | null): Edit {
  return edit('layer', layerKey(flag, scope), after)
}

/** The state after one more change; the earlier values are filled in. */
export function edited(state: ProjectState, ...edits: readonly Edit[]): ProjectState {
  return apply(state, { seq: state.version + 1, edits: completed(state, edits) })
}

/** Edits with their earlier values in a state. */
export function completed(state: ProjectState, edits: readonly Edit[]): readonly Edit[] {
  return edits.map(({ kind, key, after }) => edit(kind, key, after, state))
}

/** A project with environments, instances and segments, and without flags. */
export function furnished(): ProjectState {
  const instance = { tags: {}, timeZone: 'UTC', owner: '', status: 'active' } as const
  const segment = { include: ['ada'], exclude: [], when: [] }
  return edited(
    EMPTY_STATE,
    edit('project', PROJECT, { key: PROJECT, name: 'Shop' }),
    ...ENVIRONMENTS.map((key, order) =>
      edit('environment', key, { key, name: key, order, protected: false }),
    ),
    ...INSTANCES.map((key) => edit('instance', key, { key, name: key, ...instance })),
    ...SEGMENTS.map((key) => edit('segment', key, { key, ...segment })),
  )
}
