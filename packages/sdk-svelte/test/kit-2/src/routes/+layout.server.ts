import { pageFlags } from '@flaghoist/svelte/kit'

export const load = ({ locals }: { locals: App.Locals }) => ({ flags: pageFlags(locals) })
