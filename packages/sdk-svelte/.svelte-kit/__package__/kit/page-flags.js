/**
 * What flags answer this request, for `<FlagProvider>`. It holds answers, the context and the client key; no rule, and no flag that browsers do
 * not get.
 *
 * @example
 * // src/routes/+layout.server.ts
 * export const load = ({ locals }) => ({ flags: pageFlags(locals) })
 */
export function pageFlags({ flaghoist }) {
    const { flags, context, page } = flaghoist;
    return { ...page, context, bootstrap: flags.snapshot(context) };
}
