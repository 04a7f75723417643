/** A change of the project, as the event stream announces it. */
export interface ActivityChange {
  readonly version: number
  readonly action: string
  readonly actor: { readonly name: string }
  readonly reason?: string
  /** Edited entities, such as `layer:new-checkout@production`. */
  readonly entities: readonly string[]
  /** Present if the change edits more entities than listed. */
  readonly isCut?: true
}

/** Checks that a change edits entities of a kind. */
export function editsKind({ entities }: ActivityChange, ...kinds: readonly string[]): boolean {
  return entities.some((entity) => kinds.some((kind) => entity.startsWith(`${kind}:`)))
}

/** Returns the keys of the flags whose definition or layers a change edits. */
export function editedFlags({ entities }: ActivityChange): readonly string[] {
  const keys = entities.flatMap((entity) => {
    const [, flag, layerFlag] = /^(?:flag:(.+)|layer:(.+)@[^@]*)$/.exec(entity) ?? []
    return flag ?? layerFlag ?? []
  })
  return [...new Set(keys)]
}
