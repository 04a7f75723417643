import type { FlagKey } from '@flaghoist/client';
import type { Snippet } from 'svelte';
interface Props {
    /** Flag to ask for. */
    readonly key: FlagKey;
    /** Shown while it is on. */
    readonly children: Snippet;
    /** Shown while it is off. */
    readonly off?: Snippet | undefined;
}
declare const Feature: import("svelte").Component<Props, {}, "">;
type Feature = ReturnType<typeof Feature>;
export default Feature;
