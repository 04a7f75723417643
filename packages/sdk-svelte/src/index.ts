/** Feature flags in Svelte 5. */
export type { FlagTypes, FlagVariants } from '@flaghoist/client'
export { default as Feature } from './Feature.svelte'
export { default as FlagBoundary } from './FlagBoundary.svelte'
export { default as FlagProvider } from './FlagProvider.svelte'
export { type Flag, flag } from './flag.ts'
export { type AppFlags, setFlags, useFlags } from './provided-flags.ts'
