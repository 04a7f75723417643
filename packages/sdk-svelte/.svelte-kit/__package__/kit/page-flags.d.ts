import type { EvaluationContext, Ruleset } from '@flaghoist/client';
import type { NodeFlags } from '@flaghoist/node';
/** What a page needs to answer as its server has: the props of `<FlagProvider>`. */
export interface PageFlags {
    readonly url: string;
    readonly key: string;
    readonly context: EvaluationContext;
    readonly bootstrap: Ruleset | undefined;
}
/** How pages reach the server themselves. */
export interface PageConnection {
    /** Address of the server, as browsers reach it. */
    readonly url: string;
    /** API key of kind `client`. */
    readonly key: string;
}
/** What `flagHandle` leaves for `load`. */
export interface FlagLocals {
    readonly flags: NodeFlags;
    readonly context: EvaluationContext;
    readonly page: PageConnection;
}
/**
 * What flags answer this request, for `<FlagProvider>`. It holds answers, the context and the client key; no rule, and no flag that browsers do
 * not get.
 *
 * @example
 * // src/routes/+layout.server.ts
 * export const load = ({ locals }) => ({ flags: pageFlags(locals) })
 */
export declare function pageFlags({ flaghoist }: {
    readonly flaghoist: FlagLocals;
}): PageFlags;
