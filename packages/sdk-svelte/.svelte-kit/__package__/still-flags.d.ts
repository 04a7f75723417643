import { type EvaluationContext, type Ruleset } from '@flaghoist/client';
import type { AppFlags } from './provided-flags.ts';
/** Flags that answer from a ruleset and do nothing else: for a page while its server renders it. What is asked is counted in the browser. */
export declare function stillFlags(bootstrap: Ruleset | undefined, context: EvaluationContext): AppFlags;
