import { type Problem, problemOf } from '../api/problem.ts'
import { EFFECT_UNKNOWN } from '../forms/refusals.ts'
import { createSnapshot } from '../live/snapshot.svelte.ts'
import { count } from '../parts/format.ts'
import {
  type AcceptedEdits,
  type EditsWrite,
  type FlagEdit,
  previewAccepted,
  writeEdits,
} from './edits-requests.ts'
import { announceChange } from './undo.ts'

interface EditsPreviewOptions {
  /** Edits of the form; a change of its state starts another request. */
  readonly draft: () => EditsWrite<FlagEdit>
  /** Checks that a problem is due to some flags, so that the others can go on. */
  readonly isRefusal: (problem: Problem) => boolean
  /** Called when another person has stored a change since the preview, before the next one. */
  readonly onConflict?: () => void
}

/** The edits that the server accepts, with their effect, and the way to store them. */
export interface EditsPreview {
  /** Edits with their effect; undefined while the effect on screen is that of an earlier draft. */
  readonly accepted: AcceptedEdits | undefined
  readonly problem: Problem | undefined
  /** Reason that forbids to store the edits; undefined once their effect is known. */
  readonly refusal: string | undefined
  reload(): Promise<void>
  /**
   * Stores the accepted edits as one change, and announces it.
   * @param done participle for the announcement, such as `edited`
   */
  save(done: string, reason: string): Promise<void>
}

/** Previews the edits of a form. For the initialisation of a component. */
export function createEditsPreview({
  draft,
  isRefusal,
  onConflict,
}: EditsPreviewOptions): EditsPreview {
  const preview = createSnapshot({
    load: async (signal) => {
      const shown = draft()
      if (shown.edits.length === 0) return undefined
      return { draft: shown, accepted: await previewAccepted(shown, isRefusal, signal) }
    },
    // A later change must not pass as seen by the person.
    concerns: () => false,
  })
  const accepted = $derived(
    preview.data?.draft === draft() && !preview.problem ? preview.data.accepted : undefined,
  )

  return {
    get accepted() {
      return accepted
    },
    get problem() {
      return preview.problem
    },
    get refusal() {
      if (accepted === undefined) return preview.problem?.detail ?? EFFECT_UNKNOWN
      return accepted.effect ? undefined : 'The server refuses all edits.'
    },
    reload: preview.reload,
    async save(done, reason) {
      if (accepted?.effect === undefined) return
      const { edits, effect } = accepted
      const { overridesFreeze } = draft()
      try {
        const seq = await writeEdits(
          { edits, overridesFreeze },
          { version: effect.version, reason },
        )
        const flags = new Set(edits.map(({ flag }) => flag))
        announceChange(`${count(flags.size, 'flag')} ${done}`, seq)
      } catch (error) {
        if (problemOf(error).code === 'VERSION_CONFLICT') {
          onConflict?.()
          void preview.reload()
        }
        throw error
      }
    },
  }
}
