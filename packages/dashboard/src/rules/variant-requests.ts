import { api, changeOf, type Versioned, withOverride, withReason } from '../api/client.ts'
import { RequestError } from '../api/problem.ts'
import { isSameValue } from '../api/same-value.ts'
import {
  type EditsEffect,
  previewUpdate,
  type UpdatePreviewOptions,
} from '../flag/edits-requests.ts'
import { requestFlag, type StoredFlag } from '../flag/flag-requests.ts'
import type { Variant } from '../flag/variant-draft.ts'
import { inProject } from '../project/project.svelte.ts'

/**
 * Requests a variant, with the version of its flag.
 * @throws {RequestError} also if the flag has no such variant
 */
export async function requestVariant(flag: string, key: string): Promise<Versioned<Variant>> {
  const { body, version } = await requestFlag(flag)
  const variants = variantsOf(body)
  return { body: variants[indexOf(variants, key)]!, version }
}

/** Adds a variant to a flag. Returns the number of the change. */
export function addVariant(
  flag: string,
  variant: Variant,
  reason: string,
): Promise<number | undefined> {
  return editVariants(flag, { reason }, (variants) => {
    return { variants: [...variants, variant], index: variants.length }
  })
}

/**
 * Replaces a variant of a flag. Returns the number of the change.
 * @param before the variant as the person has seen it
 * @throws {RequestError} also if another person has changed or removed the variant
 */
export function saveVariant(
  flag: string,
  { before, after }: { readonly before: Variant; readonly after: Variant },
  reason: string,
  overridesFreeze: boolean,
): Promise<number | undefined> {
  return editVariants(flag, { reason, overridesFreeze }, (variants) => {
    const index = placeOf(variants, before)
    return { variants: variants.with(index, after), index }
  })
}

/** Requests the effect of {@link saveVariant}, without storing it. */
export async function previewVariant(
  flag: string,
  { before, after }: { readonly before: Variant; readonly after: Variant },
  options: UpdatePreviewOptions,
): Promise<EditsEffect> {
  const variants = variantsOf((await requestFlag(flag, options.signal)).body)
  const edited = variants.with(placeOf(variants, before), after)
  return previewUpdate(flag, { variants: edited }, options)
}

/**
 * Removes a variant from a flag that does not name it. Returns the number of the change.
 * @param before the variant as the person has seen it
 * @throws {RequestError} also if another person has changed or removed the variant
 */
export function removeVariant(
  flag: string,
  before: Variant,
  reason: string,
): Promise<number | undefined> {
  return editVariants(flag, { reason }, (variants) => {
    return { variants: variants.toSpliced(placeOf(variants, before), 1) }
  })
}

interface VariantsEdit {
  readonly variants: Variant[]
  /** Place of the variant whose form is open. */
  readonly index?: number
}

async function editVariants(
  flag: string,
  { reason, overridesFreeze = false }: { reason: string; overridesFreeze?: boolean },
  edit: (variants: readonly Variant[]) => VariantsEdit,
): Promise<number | undefined> {
  const { body: found, version } = await requestFlag(flag)
  const { variants, index } = edit(variantsOf(found))
  const params = {
    path: { ...inProject(), flag },
    query: { ...withReason(reason), ...withOverride(overridesFreeze) },
    header: { 'if-match': version },
  }
  const body: object = { variants }
  try {
    return await changeOf(api.PATCH('/api/v1/projects/{project}/flags/{flag}', { params, body }))
  } catch (error) {
    throw index === undefined ? error : issuesOfVariant(error, index)
  }
}

/** Names the members of one variant in the issues of a refusal, as its form names them. */
function issuesOfVariant(error: unknown, index: number): unknown {
  if (!(error instanceof RequestError && error.problem.issues)) return error
  const prefix = `variants.${index}.`
  const issues = error.problem.issues.map(({ path, message }) => {
    return { path: path.startsWith(prefix) ? path.slice(prefix.length) : path, message }
  })
  return new RequestError({ ...error.problem, issues })
}

/** The types of responses have no values, since a value can be any JSON. */
const variantsOf = ({ variants }: StoredFlag) => variants as unknown as readonly Variant[]

function indexOf(variants: readonly Variant[], key: string): number {
  const index = variants.findIndex((variant) => variant.key === key)
  if (index < 0) throw removedMeanwhile(key)
  return index
}

/**
 * Returns the place of a variant that no other person has changed. The version of a flag is that of
 * all its settings, so the server cannot refuse for a variant.
 */
function placeOf(variants: readonly Variant[], before: Variant): number {
  const index = indexOf(variants, before.key)
  if (!isSameValue(variants[index], before)) throw changedMeanwhile(before.key)
  return index
}

const changedMeanwhile = (variant: string): RequestError =>
  new RequestError({
    status: 409,
    code: 'VERSION_CONFLICT',
    title: 'Version conflict',
    detail: `The variant "${variant}" has changed since you opened it.`,
    hint: 'Check the current state, then make your change again.',
  })

const removedMeanwhile = (variant: string): RequestError =>
  new RequestError({
    status: 404,
    code: 'NOT_FOUND',
    title: 'Variant removed',
    detail: `Another person has removed the variant "${variant}" since you opened this form.`,
    hint: 'Close the form, and add the variant again if it is still needed.',
  })
