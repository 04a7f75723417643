import type { BrowserFlags } from '@flaghoist/browser'
import { DEV } from 'esm-env'
import { getContext, hasContext, setContext } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'
import { NO_FLAGS } from './no-flags.ts'

/** Flags that components ask: those of `@flaghoist/browser`, or of `createTestFlags`. */
export type AppFlags = BrowserFlags

/** Flags, and how a component depends on them. */
export interface ProvidedFlags {
  readonly flags: AppFlags
  /** Makes the effect or derived value that calls this run again after a change. */
  readonly depend: () => void
}

const KEY = Symbol('flaghoist')

/** Provides flags to this component and those in it; `<FlagProvider>` does the same. Call it while a component is initialised. */
export function setFlags(flags: AppFlags): void {
  setContext(KEY, provide(flags))
}

/** The flags that are provided to this component. Call it while a component is initialised. */
export function useFlags(): AppFlags {
  return providedFlags().flags
}

export function providedFlags(): ProvidedFlags {
  if (hasContext(KEY)) return getContext(KEY)
  if (DEV && !isTold) {
    isTold = true
    console.warn(
      '[flaghoist] There is no <FlagProvider> around this component: flags answer with their fallbacks.',
    )
  }
  return nothing
}

function provide(flags: AppFlags): ProvidedFlags {
  return { flags, depend: createSubscriber((update) => flags.on('change', update)) }
}

let isTold = false
const nothing = provide(NO_FLAGS)
