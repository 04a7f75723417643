import { type BrowserFlags, type BrowserOptions } from '@flaghoist/browser';
import type { Snippet } from 'svelte';
type Props = {
    readonly children: Snippet;
} & ({
    readonly flags: AppFlags;
} | (BrowserOptions & {
    readonly flags?: undefined;
    /**
     * Makes the flags in the browser: `createFlags` of `@flaghoist/browser/shared` makes tabs share a connection.
     * @default createFlags of @flaghoist/browser
     */
    readonly create?: ((options: BrowserOptions) => BrowserFlags) | undefined;
}));
import { type AppFlags } from './provided-flags.ts';
declare const FlagProvider: import("svelte").Component<Props, {}, "">;
type FlagProvider = ReturnType<typeof FlagProvider>;
export default FlagProvider;
