import { pageFlags } from '@flaghoist/svelte/kit'
import type { LayoutServerLoad } from './$types'

export const load: LayoutServerLoad = ({ locals }) => ({
  user: locals.user,
  flags: pageFlags(locals),
})
