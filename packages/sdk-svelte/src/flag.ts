import type {
  BooleanFlagKey,
  FlagDetails,
  FlagFallback,
  FlagKey,
  FlagValue,
} from '@flaghoist/client'
import type { Readable } from 'svelte/store'
import { providedFlags } from './provided-flags.ts'

/**
 * One flag in a component. A member that a template, an effect or a derived value reads stays
 * current.
 */
export interface Flag<K extends FlagKey = FlagKey, D = boolean> {
  /** State of a boolean flag. */
  readonly enabled: boolean
  /** Value of the flag; the fallback if it has none of that type. */
  readonly value: FlagValue<K, D>
  /** Key of the served variant; undefined if the fallback is served. */
  readonly variant: FlagDetails<K, D>['variant']
  /** Value, variant, and the reason why it was served. */
  readonly details: FlagDetails<K, D>
}

/** Evaluates a flag: without a fallback, whether it is on; with one, its value. */
export interface EvaluateFlag {
  (key: BooleanFlagKey): boolean
  <K extends FlagKey, const D extends FlagFallback<K>>(key: K, fallback: D): FlagValue<K, D>
}

interface FlagOf {
  <K extends BooleanFlagKey>(key: K): Flag<K>
  <K extends FlagKey, const D extends FlagFallback<K>>(key: K, fallback: D): Flag<K, D>
}

/**
 * A flag of the nearest `<FlagProvider>`: call it during component initialization, or use it as a
 * store whose value evaluates flags.
 *
 * @param fallback value if the flag is missing, broken or of another type
 * @default fallback false
 * @example
 * <script>
 *   const checkout = flag('new-checkout')
 *   const theme = flag('theme', 'light')
 * </script>
 * {#if checkout.enabled}…{/if} {theme.value}
 * {#if $flag('new-checkout')}…{/if} {$flag('theme', 'light')}
 */
export const flag: FlagOf & Readable<EvaluateFlag> = Object.assign(flagOf as FlagOf, {
  subscribe(run: (evaluate: EvaluateFlag) => void) {
    const { flags } = providedFlags()
    // A new function each time, because a store emits only values that differ.
    const update = () =>
      run(((key: FlagKey, fallback: FlagFallback<FlagKey> = false) =>
        flags.value(key, fallback)) as EvaluateFlag)
    update()
    return flags.on('change', update)
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
