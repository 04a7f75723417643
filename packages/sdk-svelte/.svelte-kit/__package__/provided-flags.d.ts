import type { Flags, ScopedFlags } from '@flaghoist/client';
/** Flags that components ask: those of `@flaghoist/browser`, or of `createTestFlags`. */
export type AppFlags = Flags & ScopedFlags;
/** Flags, and how a component depends on them. */
export interface ProvidedFlags {
    readonly flags: AppFlags;
    /** Makes the effect or derived value that calls this run again after a change. */
    readonly depend: () => void;
}
/** Provides flags to this component and those in it; `<FlagProvider>` does the same. Call it while a component is initialised. */
export declare function setFlags(flags: AppFlags): void;
/** The flags that are provided to this component. Call it while a component is initialised. */
export declare function useFlags(): AppFlags;
export declare function providedFlags(): ProvidedFlags;
