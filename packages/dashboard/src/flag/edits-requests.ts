import {
  api,
  changeOf,
  type Schema,
  type Versioned,
  withOverride,
  withReason,
} from '../api/client.ts'
import { previewOf } from '../api/preview.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { inProject } from '../project/project.svelte.ts'

export type FlagPreview = Schema<'FlagPreview'>
/** An edit of a flag in a scope, or a revert. */
type Edit = Schema<'EditsRequest'>['edits'][number]
/** An edit of a flag in a scope. */
export type FlagEdit = Extract<Edit, { readonly flag: string }>

const PATH = '/api/v1/projects/{project}/edits'

/** Several edits that are stored as one change. */
export interface EditsWrite<E extends Edit = Edit> {
  readonly edits: readonly E[]
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
export interface Refusal {
  readonly flag: string
  readonly problem: Problem
}

/** The edits that the server accepts with their effect, and the flags of the others. */
export interface AcceptedEdits {
  readonly edits: readonly FlagEdit[]
  /** Effect of the edits; undefined if the server accepts none. */
  readonly effect: EditsEffect | undefined
  readonly refusals: readonly Refusal[]
}

/**
 * Requests the effect of edits, without those of the flags that the server refuses.
 * @param isRefusal checks that a problem is due to some flags, so that the others can go on
 */
export async function previewAccepted(
  write: EditsWrite<FlagEdit>,
  isRefusal: (problem: Problem) => boolean,
  signal: AbortSignal,
): Promise<AcceptedEdits> {
  const ask = (edits: readonly FlagEdit[]) => previewEdits({ ...write, edits }, signal)
  const first = await refusalOf(ask(write.edits), isRefusal)
  if (!('problem' in first)) return { edits: write.edits, effect: first, refusals: [] }
  const refusals = await findRefusals(write.edits, first.problem, (edits) =>
    refusalOf(ask(edits), isRefusal),
  )
  const refused = new Set(refusals.map(({ flag }) => flag))
  const edits = write.edits.filter(({ flag }) => !refused.has(flag))
  return { edits, effect: edits.length > 0 ? await ask(edits) : undefined, refusals }
}

type Preview = EditsEffect | { readonly problem: Problem }

/** Returns an effect, or the problem of a refusal. @throws any other failure */
async function refusalOf(
  effect: Promise<EditsEffect>,
  isRefusal: (problem: Problem) => boolean,
): Promise<Preview> {
  try {
    return await effect
  } catch (error) {
    const problem = problemOf(error)
    if (isRefusal(problem)) return { problem }
    throw error
  }
}

/** Finds the flags of refused edits by halves, because most flags of a selection are accepted. */
async function findRefusals(
  edits: readonly FlagEdit[],
  problem: Problem,
  preview: (edits: readonly FlagEdit[]) => Promise<Preview>,
): Promise<readonly Refusal[]> {
  const flags = [...new Set(edits.map(({ flag }) => flag))]
  if (flags.length === 1) return [{ flag: flags[0]!, problem }]
  const left = new Set(flags.slice(0, flags.length / 2))
  const halves = [true, false].map(async (isLeft) => {
    const half = edits.filter(({ flag }) => left.has(flag) === isLeft)
    const result = await preview(half)
    return 'problem' in result ? findRefusals(half, result.problem, preview) : []
  })
  return (await Promise.all(halves)).flat()
}

/** Requests the effect of edits, without storing them. */
export async function previewEdits(
  { edits, overridesFreeze }: EditsWrite,
  signal: AbortSignal,
): Promise<EditsEffect> {
  // An override counts only with a reason.
  const query = { dryRun: 'true', reason: 'Preview', ...withOverride(overridesFreeze) } as const
  const previewed = await previewOf(({ header = {} }) => {
    const params = { path: inProject(), query, header }
    return api.POST(PATH, { params, body: { edits: [...edits] }, signal })
  })
  return effectOf(previewed)
}

export interface UpdatePreviewOptions {
  readonly overridesFreeze: boolean
  readonly signal: AbortSignal
}

/**
 * Requests the effect of an update of a flag's definition, without storing it.
 * @param body members of the flag; the generated type of a patch accepts no variants
 */
export async function previewUpdate(
  flag: string,
  body: object,
  { overridesFreeze, signal }: UpdatePreviewOptions,
): Promise<EditsEffect> {
  const query = { dryRun: 'true', reason: 'Preview', ...withOverride(overridesFreeze) } as const
  const previewed = await previewOf(({ header = {} }) => {
    const params = { path: { ...inProject(), flag }, query, header }
    return api.PATCH('/api/v1/projects/{project}/flags/{flag}', { params, body, signal })
  })
  return effectOf(previewed)
}

/** The type of the answer to a preview has that of a write as well. */
function effectOf({ body, version }: Versioned<Schema<'EditsPreview'> | object>): EditsEffect {
  const { flags, warnings = [] } = body as Schema<'EditsPreview'>
  return { flags, warnings: warnings.map(({ message }) => message), version }
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
