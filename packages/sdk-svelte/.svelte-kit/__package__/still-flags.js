import { createClient, } from '@flaghoist/client';
/** Nothing happens, and no time passes. */
const STILL = {
    sdk: '@flaghoist/svelte',
    request: () => () => undefined,
    now: Date.now,
    elapsed: () => 0,
    random: () => 0,
    schedule: () => () => undefined,
    warn: () => undefined,
};
/** Flags that answer from a ruleset and do nothing else: for a page while its server renders it. What is asked is counted in the browser. */
export function stillFlags(bootstrap, context) {
    const client = createClient({ url: 'http://still', key: 'none', bootstrap, exposures: false }, STILL);
    return { ...client, ...client.for(context) };
}
