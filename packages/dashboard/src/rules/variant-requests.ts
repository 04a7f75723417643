import { api, bodyOf, type Schema, withReason } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

export type Variant = Schema<'Variant'>

interface VariantWrite {
  /** Key of the variant to replace; undefined for a new one. */
  readonly before: string | undefined
  readonly variant: Variant
  readonly reason: string
}

/** Adds a variant to a flag, or replaces one. */
export async function saveVariant(
  flag: string,
  { before, variant, reason }: VariantWrite,
): Promise<void> {
  const path = '/api/v1/projects/{project}/flags/{flag}'
  const params = { path: { ...inProject(), flag } }
  const found = await api.GET(path, { params })
  const { variants } = await bodyOf(Promise.resolve(found))
  const others = variants.map((one) => (one.key === before ? variant : one))
  const body: object = { variants: before === undefined ? [...others, variant] : others }
  const header = { 'if-match': found.response.headers.get('etag')! }
  await bodyOf(api.PATCH(path, { params: { ...params, header, query: withReason(reason) }, body }))
}
