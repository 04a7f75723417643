import { createTestFlags } from '@flaghoist/client';
import { DEV } from 'esm-env';
import { getContext, hasContext, setContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
const KEY = Symbol('flaghoist');
/** Provides flags to this component and those in it; `<FlagProvider>` does the same. Call it while a component is initialised. */
export function setFlags(flags) {
    setContext(KEY, provide(flags));
}
/** The flags that are provided to this component. Call it while a component is initialised. */
export function useFlags() {
    return providedFlags().flags;
}
export function providedFlags() {
    if (hasContext(KEY))
        return getContext(KEY);
    if (DEV && !isTold) {
        isTold = true;
        // biome-ignore lint/suspicious/noConsole: it is where the developer looks.
        console.warn('[flaghoist] There is no <FlagProvider> around this component: flags answer with their fallbacks.');
    }
    return nothing;
}
function provide(flags) {
    return { flags, depend: createSubscriber((update) => flags.on('change', update)) };
}
let isTold = false;
const nothing = provide(createTestFlags());
