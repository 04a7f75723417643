import { api, bodyOf, changeOf, type Schema, withOverride, withReason } from '../api/client.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { inProject } from '../project/project.svelte.ts'

export type FlagPreview = Schema<'FlagPreview'>
/** An edit of a flag in a scope. */
export type FlagEdit = Extract<Schema<'EditsRequest'>['edits'][number], { readonly flag: string }>

const PATH = '/api/v1/projects/{project}/edits'

/** Several edits that are stored as one change. */
export interface EditsWrite {
  readonly edits: readonly FlagEdit[]
  /** Stores the edits although a freeze is in force. */
  readonly overridesFreeze: boolean
}

/** The effect of edits, and the version that their write names. */
export interface EditsEffect {
  readonly flags: readonly FlagPreview[]
  /** Sentences about effects that people may not expect. */
  readonly warnings: readonly string[]
  readonly version: string
}

/** A flag whose edits the server refuses. */
export interface RefusedFlag {
  readonly flag: string
  readonly problem: Problem
}

/** The effect of those edits that the server accepts, and the flags of the others. */
export interface AcceptedEdits {
  readonly edits: readonly FlagEdit[]
  /** Undefined if the server accepts none. */
  readonly effect: EditsEffect | undefined
  readonly refused: readonly RefusedFlag[]
}

/** Status of a refusal that is due to the settings of a flag. */
const UNPROCESSABLE = 422

/** Requests the effect of edits, without those of the flags that the server refuses. */
export async function previewAccepted(
  write: EditsWrite,
  signal: AbortSignal,
): Promise<AcceptedEdits> {
  try {
    return { edits: write.edits, effect: await previewEdits(write, signal), refused: [] }
  } catch (error) {
    if (problemOf(error).status !== UNPROCESSABLE) throw error
  }
  const refused = await refusedFlags(write, signal)
  const keys = new Set(refused.map(({ flag }) => flag))
  const edits = write.edits.filter(({ flag }) => !keys.has(flag))
  const effect = edits.length > 0 ? await previewEdits({ ...write, edits }, signal) : undefined
  return { edits, effect, refused }
}

/** Finds the refused flags by halves, because most flags of a large selection are accepted. */
async function refusedFlags(
  write: EditsWrite,
  signal: AbortSignal,
): Promise<readonly RefusedFlag[]> {
  const flags = [...new Set(write.edits.map(({ flag }) => flag))]
  try {
    await previewEdits(write, signal)
    return []
  } catch (error) {
    const problem = problemOf(error)
    if (problem.status !== UNPROCESSABLE) throw error
    if (flags.length === 1) return [{ flag: flags[0]!, problem }]
  }
  const first = new Set(flags.slice(0, flags.length / 2))
  const half = (isFirst: boolean) => {
    const edits = write.edits.filter(({ flag }) => first.has(flag) === isFirst)
    return refusedFlags({ ...write, edits }, signal)
  }
  return [...(await half(true)), ...(await half(false))]
}

/** Requests the effect of edits, without storing them. */
async function previewEdits(
  { edits, overridesFreeze }: EditsWrite,
  signal: AbortSignal,
): Promise<EditsEffect> {
  // A protected environment demands a reason for the preview as well.
  const query = { dryRun: 'true', reason: 'Preview', ...withOverride(overridesFreeze) } as const
  const ask = (header: { 'if-match'?: string } = {}) => {
    const params = { path: inProject(), query, header }
    return api.POST(PATH, { params, body: { edits: [...edits] }, signal })
  }
  let answer = await ask()
  const version = answer.response.headers.get('etag')
  // It demands the version of the settings too, which its refusal names.
  if (answer.response.status === 428 && version !== null)
    answer = await ask({ 'if-match': version })
  const body = await bodyOf(Promise.resolve(answer))
  return {
    // The type of the answer has that of a write as well.
    flags: 'flags' in body ? body.flags : [],
    warnings: (body.warnings ?? []).map(({ message }) => message),
    version: answer.response.headers.get('etag') ?? '*',
  }
}

/**
 * Stores edits as one change. Returns its number; undefined if nothing changed.
 * @param version version of the effect that the person has seen
 */
export function writeEdits(
  { edits, overridesFreeze }: EditsWrite,
  { version, reason }: { readonly version: string; readonly reason: string },
): Promise<number | undefined> {
  const params = {
    path: inProject(),
    query: { ...withReason(reason), ...withOverride(overridesFreeze) },
    header: { 'if-match': version },
  }
  return changeOf(api.POST(PATH, { params, body: { edits: [...edits] } }))
}
