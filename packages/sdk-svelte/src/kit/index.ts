/**
 * Feature flags in SvelteKit: evaluated on the server, equal in the browser's first render, then
 * live.
 */
export { type FlagHandle, type FlagHandleOptions, flagHandle } from './flag-handle.ts'
export { type FlagLocals, type PageConnection, type PageFlags, pageFlags } from './page-flags.ts'
