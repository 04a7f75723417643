import type {
  BooleanFlagKey,
  FlagDetails,
  FlagFallback,
  FlagKey,
  FlagValue,
} from '@flaghoist/client'
import type { Readable } from 'svelte/store'
import { providedFlags } from './provided-flags.ts'

/** One flag, as components see it: reading a member in a template, an effect or a derived value keeps it current. */
export interface Flag<K extends FlagKey = FlagKey, D = boolean> {
  /** Whether a boolean flag is on. */
  readonly enabled: boolean
  readonly value: FlagValue<K, D>
  /** Key of the variant that is served; undefined where the fallback is. */
  readonly variant: FlagDetails<K, D>['variant']
  /** The value, its variant, and why it was served. */
  readonly details: FlagDetails<K, D>
}

/** Asks for a flag: whether it is on, or with a fallback its value. */
export interface Ask {
  (key: BooleanFlagKey): boolean
  <K extends FlagKey, const D extends FlagFallback<K>>(key: K, fallback: D): FlagValue<K, D>
}

interface FlagOf {
  <K extends BooleanFlagKey>(key: K): Flag<K>
  <K extends FlagKey, const D extends FlagFallback<K>>(key: K, fallback: D): Flag<K, D>
}

/**
 * A flag of the nearest `<FlagProvider>`. Call it while a component is initialised; or take it as a store, whose value asks.
 *
 * @param fallback what a flag answers that is missing, broken or of another type
 * @default fallback false
 * @example
 * <script>
 *   const checkout = flag('new-checkout')
 *   const theme = flag('theme', 'light')
 * </script>
 * {#if checkout.enabled}…{/if} {theme.value} {#if $flag('new-checkout')}…{/if} {$flag('theme', 'light')}
 */
export const flag: FlagOf & Readable<Ask> = Object.assign(flagOf as FlagOf, {
  subscribe(run: (ask: Ask) => void) {
    const { flags } = providedFlags()
    // Another function each time: a store tells of what is not the same.
    const tell = () =>
      run(((key: FlagKey, fallback: FlagFallback<FlagKey> = false) =>
        flags.value(key, fallback)) as Ask)
    tell()
    return flags.on('change', tell)
  },
})

function flagOf(key: FlagKey, fallback: FlagFallback<FlagKey> = false): Flag<FlagKey, unknown> {
  const { flags, depend } = providedFlags()
  return {
    get enabled() {
      depend()
      return flags.isEnabled(key, undefined, fallback === true)
    },
    get value() {
      depend()
      return flags.value(key, fallback) as never
    },
    get variant() {
      return this.details.variant
    },
    get details() {
      depend()
      return flags.details(key, fallback) as never
    },
  }
}
