import type { FlagDetails, FlagFallback, FlagKey, FlagValue } from '@flaghoist/client';
import type { Readable } from 'svelte/store';
/** One flag, as components see it: reading a member in a template, an effect or a derived value keeps it current. */
export interface Flag<K extends FlagKey = FlagKey, D = boolean> {
    /** Whether a boolean flag is on. */
    readonly enabled: boolean;
    readonly value: FlagValue<K, D>;
    /** Key of the variant that is served; undefined where the fallback is. */
    readonly variant: FlagDetails<K, D>['variant'];
    /** The value, its variant, and why it was served. */
    readonly details: FlagDetails<K, D>;
}
/** Asks for a flag: whether it is on, or with a fallback its value. */
export interface Ask {
    (key: FlagKey): boolean;
    <K extends FlagKey, const D extends FlagFallback<K>>(key: K, fallback: D): FlagValue<K, D>;
}
interface FlagOf {
    (key: FlagKey): Flag;
    <K extends FlagKey, const D extends FlagFallback<K>>(key: K, fallback: D): Flag<K, D>;
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
export declare const flag: FlagOf & Readable<Ask>;
export {};
