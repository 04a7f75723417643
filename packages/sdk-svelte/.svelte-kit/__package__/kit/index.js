/** Feature flags in SvelteKit: decided on the server, the same in the first render of the browser, then live. */
export { flagHandle } from "./flag-handle.js";
export { pageFlags } from "./page-flags.js";
