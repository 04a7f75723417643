import { api, bodyOf, changeOf, type Schema, withOverride, withReason } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

export type FlagPreview = Schema<'FlagPreview'>

const PATH = '/api/v1/projects/{project}/edits'

/** Several edits that are stored as one change. */
export interface EditsWrite {
  readonly edits: Schema<'EditsRequest'>['edits']
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

/** Requests the effect of edits, without storing them. */
export async function previewEdits(
  { edits, overridesFreeze }: EditsWrite,
  signal: AbortSignal,
): Promise<EditsEffect> {
  // A protected environment demands a reason for the preview as well.
  const query = { dryRun: 'true', reason: 'Preview', ...withOverride(overridesFreeze) } as const
  const ask = (header: { 'if-match'?: string } = {}) => {
    const params = { path: inProject(), query, header }
    return api.POST(PATH, { params, body: { edits }, signal })
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
  return changeOf(api.POST(PATH, { params, body: { edits } }))
}
