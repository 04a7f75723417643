import type { Schema } from '../api/client.ts'

/** A change of the project, as the event stream announces it. */
export type ActivityChange = Schema<'ActivityChange'>

/** The numbers of connected SDKs: those of all scopes, or those that have changed. */
export type ActivityConnections = Schema<'ActivityConnections'>

/** The progress of a version to the connected SDKs. */
export type ActivityPropagation = Schema<'ActivityPropagation'>

/** The environments and instances of the project that the key sees, with their versions. */
export type ProjectScopes = Schema<'ProjectScopes'>

/** Changes to entities of these kinds may concern the cells of any flag. */
export const WIDE_KINDS = ['project', 'environment', 'instance']

/** Checks that a change edits entities of a kind, or may do so because its lists are cut. */
export function editsKind(
  { entities, isCut }: ActivityChange,
  ...kinds: readonly string[]
): boolean {
  return !!isCut || entities.some((entity) => kinds.some((kind) => entity.startsWith(`${kind}:`)))
}

/** Checks that a change edits an entity, or may do so because its lists are cut. */
export function editsEntity(
  { entities, isCut }: ActivityChange,
  kind: string,
  key: string,
): boolean {
  return !!isCut || entities.includes(`${kind}:${key}`)
}

/** Checks that a change may concern the cells of a flag: its own, or those of all flags. */
export function concernsCells(change: ActivityChange, flag: string): boolean {
  return editsFlag(change, flag) || editsKind(change, ...WIDE_KINDS)
}

/** Checks that a change edits a flag or its layers, or may do so because its lists are cut. */
export function editsFlag({ flags, isCut }: ActivityChange, flag: string): boolean {
  return !!isCut || flags.includes(flag)
}
