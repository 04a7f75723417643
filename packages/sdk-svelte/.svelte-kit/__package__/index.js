/** Feature flags in Svelte 5. */
export { default as Feature } from './Feature.svelte';
export { default as FlagBoundary } from './FlagBoundary.svelte';
export { default as FlagProvider } from './FlagProvider.svelte';
export { flag } from "./flag.js";
export { setFlags, useFlags } from "./provided-flags.js";
