import { type ProjectState, parseLayerKey } from '@flaghoist/core/model'
import type { Flag, Instance, LoggedEdit } from '@flaghoist/core/schema'

/** The flags and the instances at one version of a project. */
export interface PastFlags {
  readonly flags: ReadonlyMap<string, Flag>
  readonly instances: ReadonlyMap<string, Instance>
}

/** Walks back from a state, change by change, without replaying the log from its start. */
export function createPastFlags({ flags, instances }: ProjectState) {
  const past = { flags: new Map(flags), instances: new Map(instances) }
  return {
    /** Reverts the edits of the latest remaining change. */
    undo(edits: readonly LoggedEdit[]): void {
      for (const edit of [...edits].reverse()) undoEdit(past, edit)
    },
    snapshot: (): PastFlags => ({
      flags: new Map(past.flags),
      instances: new Map(past.instances),
    }),
  }
}

function undoEdit(
  { flags, instances }: { flags: Map<string, Flag>; instances: Map<string, Instance> },
  edit: LoggedEdit,
): void {
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
    }
  }
}
