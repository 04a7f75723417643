import { api, bodyOf } from '../../api/client.ts'
import { type SwitchVariants, switchVariants } from '../../flag/switch-patch.ts'
import { inProject } from '../../project/project.svelte.ts'

const PAGE = 1_000

/** Requests the variants of those flags that are boolean, by the key of the flag. */
export async function requestSwitchVariants(
  flags: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SwitchVariants>> {
  const found = new Map<string, SwitchVariants>()
  let cursor: string | undefined
  do {
    const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
    const params = { path: inProject(), query }
    const page = await bodyOf(api.GET('/api/v1/projects/{project}/flags', { params, signal }))
    for (const { key, variants } of page.items) {
      const meant = flags.has(key) ? switchVariants(variants) : undefined
      if (meant) found.set(key, meant)
    }
    cursor = page.next
  } while (cursor !== undefined)
  return found
}
