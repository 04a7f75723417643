import { api, changeOf, type Schema, versionedBodyOf, withReason } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

export type Variant = Schema<'Variant'>

interface VariantWrite {
  /** Key of the variant to replace; undefined for a new one. */
  readonly before: string | undefined
  readonly variant: Variant
  readonly reason: string
}

/** Adds a variant to a flag, or replaces one. Returns the number of the change. */
export function saveVariant(
  flag: string,
  { before, variant, reason }: VariantWrite,
): Promise<number | undefined> {
  return editVariants(flag, reason, (variants) =>
    before === undefined
      ? [...variants, variant]
      : variants.map((one) => (one.key === before ? variant : one)),
  )
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
