import { providedFlags } from "./provided-flags.js";
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
export const flag = Object.assign(flagOf, {
    subscribe(run) {
        const { flags } = providedFlags();
        // Another function each time: a store tells of what is not the same.
        const tell = () => run(((key, fallback = false) => flags.value(key, fallback)));
        tell();
        return flags.on('change', tell);
    },
});
function flagOf(key, fallback = false) {
    const { flags, depend } = providedFlags();
    return {
        get enabled() {
            depend();
            return flags.isEnabled(key, undefined, fallback === true);
        },
        get value() {
            depend();
            return flags.value(key, fallback);
        },
        get variant() {
            return this.details.variant;
        },
        get details() {
            depend();
            return flags.details(key, fallback);
        },
    };
}
