import { api, changeOf, type Schema, versionedBodyOf, withReason } from '../api/client.ts'
import { RequestError } from '../api/problem.ts'
import { isSameValue } from '../api/same-value.ts'
import { inProject } from '../project/project.svelte.ts'

export type Variant = Schema<'Variant'>

interface VariantWrite {
  /** Variant to replace, as the person has seen it; undefined for a new one. */
  readonly before: Variant | undefined
  readonly variant: Variant
  readonly reason: string
}

/**
 * Adds a variant to a flag, or replaces one. Returns the number of the change.
 * @throws {RequestError} also if another person has changed the variant
 */
export function saveVariant(
  flag: string,
  { before, variant, reason }: VariantWrite,
): Promise<number | undefined> {
  return editVariants(flag, reason, (variants) => {
    if (before === undefined) return [...variants, variant]
    const index = variants.findIndex(({ key }) => key === before.key)
    if (!isSameValue(variants[index], before)) throw changedMeanwhile(before.key)
    return variants.with(index, variant)
  })
}

/** Removes a variant from a flag that does not name it. Returns the number of the change. */
export function removeVariant(
  flag: string,
  variant: string,
  reason: string,
): Promise<number | undefined> {
  return editVariants(flag, reason, (variants) => variants.filter(({ key }) => key !== variant))
}

async function editVariants(
  flag: string,
  reason: string,
  edit: (variants: readonly { readonly key: string }[]) => readonly object[],
): Promise<number | undefined> {
  const path = '/api/v1/projects/{project}/flags/{flag}'
  const params = { path: { ...inProject(), flag } }
  const { body: found, version } = await versionedBodyOf(api.GET(path, { params }))
  const body: object = { variants: edit(found.variants) }
  const header = { 'if-match': version }
  return changeOf(
    api.PATCH(path, { params: { ...params, header, query: withReason(reason) }, body }),
  )
}

/** The version of a flag is that of all its settings, so the server cannot refuse for a variant. */
const changedMeanwhile = (variant: string): RequestError =>
  new RequestError({
    status: 409,
    code: 'VERSION_CONFLICT',
    title: 'Version conflict',
    detail: `The variant "${variant}" has changed since you opened it.`,
    hint: 'Close the form to see the change, then edit the variant again.',
  })
