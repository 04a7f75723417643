import type { FlagKey } from '@flaghoist/client';
import type { Snippet } from 'svelte';
interface Props {
    /** Flag that the new variant is behind. */
    readonly key: FlagKey;
    /** The new variant. An error while it is rendered, or in one of its effects, is a failure of the flag. */
    readonly children: Snippet;
    /** The old variant: shown while the flag is off, and when the new one has failed. */
    readonly off?: Snippet | undefined;
    /** Told of an error that was caught. */
    readonly onerror?: ((error: unknown) => void) | undefined;
}
declare const FlagBoundary: import("svelte").Component<Props, {}, "">;
type FlagBoundary = ReturnType<typeof FlagBoundary>;
export default FlagBoundary;
