/** The tags and the configuration that the routes of the kill switch share. */
export const killOptions = {
  tags: ['Kill switch'],
  // The kill switch never waits for a rate limit.
  config: { rateLimit: false },
}

/** The options of the routes whose requests `read-kill.ts` reads: none is refused for its form. */
export const emergencyOptions = {
  config: killOptions.config,
  validatorCompiler: () => () => true,
}
