import { type Problem, RequestError } from '../../api/problem.ts'
import { type EditsEffect, previewEdits } from '../../flag/edits-requests.ts'

/** An edit that makes a scope serve a flag as another scope does. */
export interface AlignEdit {
  readonly flag: string
  readonly scope: string
  /** Scope that is the reference. */
  readonly align: string
}

/** A flag that the server does not align. */
interface Refusal {
  readonly flag: string
  readonly problem: Problem
}

/** Edits that the server accepts with their effect, and the flags that it refuses. */
export interface Alignment {
  readonly edits: AlignEdit[]
  /** Effect of the edits; undefined if the server accepts none. */
  readonly effect: EditsEffect | undefined
  readonly refusals: readonly Refusal[]
}

interface AlignRequest {
  readonly edits: readonly AlignEdit[]
  /** Aligns although a freeze is in force. */
  readonly overridesFreeze: boolean
}

/** Requests the effect of edits. If the server refuses some flags, it is that of the others. */
export async function previewAlignment(
  { edits, overridesFreeze }: AlignRequest,
  signal: AbortSignal,
): Promise<Alignment> {
  const preview = (some: AlignEdit[]) => previewEdits({ edits: some, overridesFreeze }, signal)
  const refusalOf = async (flag: string) => {
    try {
      await preview(edits.filter((edit) => edit.flag === flag))
      return []
    } catch (error) {
      return { flag, problem: refusalIn(error) }
    }
  }

  try {
    return { edits: [...edits], effect: await preview([...edits]), refusals: [] }
  } catch (error) {
    refusalIn(error)
  }
  const flags = [...new Set(edits.map(({ flag }) => flag))]
  const refusals = (await Promise.all(flags.map(refusalOf))).flat()
  const refused = new Set(refusals.map(({ flag }) => flag))
  const others = edits.filter(({ flag }) => !refused.has(flag))
  const effect = others.length > 0 ? await preview(others) : undefined
  return { edits: others, effect, refusals }
}

/** Statuses of a refusal: a right, a policy, or a state that the edits conflict with. */
const REFUSALS: ReadonlySet<number> = new Set([403, 404, 409, 422, 428])

/** Returns the problem of a refused write. @throws the error itself if it is of another kind */
function refusalIn(error: unknown): Problem {
  if (error instanceof RequestError && REFUSALS.has(error.problem.status)) return error.problem
  throw error
}
