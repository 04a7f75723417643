import { execFileSync } from 'node:child_process'

/**
 * Returns the seed of all random cases of a test run: `TEST_SEED`, else one that the commit gives.
 * Each commit tries other cases, and each run of a commit the same ones, in CI as by hand.
 */
export function testSeed(): string {
  return process.env.TEST_SEED ?? `${seedOfCommit() ?? Math.floor(Math.random() * 2 ** 31)}`
}

/** Undefined without Git or outside a clone. */
function seedOfCommit(): number | undefined {
  try {
    const hash = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' })
    return Number.parseInt(hash.slice(0, 7), 16)
  } catch {
    return undefined
  }
}
