/** Servers run on one core, and the processes that load them on the other. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1
