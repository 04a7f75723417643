import type { BrowserFlags } from '@flaghoist/browser'
import { DEV } from 'esm-env'
import { getContext, hasContext, setContext } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'
import { NO_FLAGS } from './no-flags.ts'

/** The flags that components use: those of `@flaghoist/browser`, or of `createTestFlags`. */
export type AppFlags = BrowserFlags

/** Flags, with the subscription that components need. */
export interface ProvidedFlags {
  readonly flags: AppFlags
  /** Runs the calling effect or derived value again after a change. */
  readonly depend: () => void
}

const KEY = Symbol('flaghoist')

/**
 * Provides flags to this component and its descendants, like `<FlagProvider>`. Call it during
 * component initialization.
 *
 * @example
 * setFlags(createTestFlags({ 'new-checkout': true }))
 */
export function setFlags(flags: AppFlags): void {
  setContext(KEY, provide(flags))
}

/**
 * Returns the flags that are provided to this component. Call it during component initialization.
 *
 * @example
 * const flags = useFlags()
 * flags.track('checkout-completed')
 */
export function useFlags(): AppFlags {
  return providedFlags().flags
}

/** Returns the provided flags; without a provider, flags that evaluate to their fallbacks. */
export function providedFlags(): ProvidedFlags {
  if (hasContext(KEY)) return getContext(KEY)
  if (DEV && !hasWarned) {
    hasWarned = true
    console.warn(
      '[flaghoist] This component has no <FlagProvider>: flags evaluate to their fallbacks.',
    )
  }
  return withoutProvider
}

function provide(flags: AppFlags): ProvidedFlags {
  return { flags, depend: createSubscriber((update) => flags.on('change', update)) }
}

let hasWarned = false
const withoutProvider = provide(NO_FLAGS)
