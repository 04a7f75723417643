/** fast-check with the seed of the test run. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.TEST_SEED) })

export { fc }
