import type { Schema } from '../api/client.ts'

/** A change of the project, as the event stream announces it. */
export type ActivityChange = Schema<'ActivityChange'>

/** The progress of a version to the connected SDKs. */
export type ActivityPropagation = Schema<'ActivityPropagation'>

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

/** Checks that a change edits a flag or its layers, or may do so because its lists are cut. */
export function editsFlag({ flags, isCut }: ActivityChange, flag: string): boolean {
  return !!isCut || flags.includes(flag)
}
