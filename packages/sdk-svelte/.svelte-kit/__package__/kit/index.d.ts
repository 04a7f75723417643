/** Feature flags in SvelteKit: decided on the server, the same in the first render of the browser, then live. */
export { type FlagHandle, type FlagHandleOptions, flagHandle } from './flag-handle.ts';
export { type FlagLocals, type PageConnection, type PageFlags, pageFlags } from './page-flags.ts';
