import {
  killsLayers,
  type LayerToggle,
  type ProjectState,
  parseLayerKey,
  restoresLayers,
} from '@flaghoist/core/model'
import type { Flag, Instance, KillByTag, LoggedEdit } from '@flaghoist/core/schema'

/** The flags and the instances at one version of a project. */
export interface PastFlags {
  readonly flags: ReadonlyMap<string, Flag>
  readonly instances: ReadonlyMap<string, Instance>
}

/** Walks back from a state, change by change, without replaying the log from its start. */
export function createPastFlags({ flags, instances }: ProjectState) {
  const past = { flags: new Map(flags), instances: new Map(instances) }
  return {
    /** Reverts the edits of the latest remaining change, in small steps. */
    *undo(edits: readonly LoggedEdit[]): Generator<void> {
      for (const edit of [...edits].reverse()) yield* undoEdit(past, edit)
    },
    snapshot: (): PastFlags => ({
      flags: new Map(past.flags),
      instances: new Map(past.instances),
    }),
  }
}

function* undoEdit(
  { flags, instances }: { flags: Map<string, Flag>; instances: Map<string, Instance> },
  edit: LoggedEdit,
): Generator<void> {
  yield
  switch (edit.kind) {
    case 'instance':
      if (edit.before === null) instances.delete(edit.key)
      else instances.set(edit.key, edit.before)
      return
    case 'flag':
      if (edit.before === null) flags.delete(edit.key)
      else flags.set(edit.key, { ...edit.before, layers: flags.get(edit.key)?.layers ?? {} })
      return
    case 'layer': {
      const address = parseLayerKey(edit.key)
      const flag = flags.get(address.flag)
      if (flag === undefined) return
      const { [address.scope]: _, ...others } = flag.layers
      const layers = edit.before === null ? others : { ...others, [address.scope]: edit.before }
      flags.set(address.flag, { ...flag, layers })
      return
    }
    case 'kill':
      if (edit.after) yield* toggleKill(flags, edit.after, restoresLayers(edit.after))
      if (edit.before) yield* toggleKill(flags, edit.before, killsLayers(edit.before))
  }
}

function* toggleKill(
  flags: Map<string, Flag>,
  { flags: keys }: KillByTag,
  toggle: LayerToggle,
): Generator<void> {
  for (const key of keys) {
    yield
    const flag = flags.get(key)
    if (flag !== undefined) flags.set(key, { ...flag, layers: toggle(flag.layers).layers })
  }
}
