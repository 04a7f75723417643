import { fetchRuleset, SECONDS, THRESHOLDS } from './send.ts'

export const options = {
  scenarios: {
    rulesets: { exec: 'run', executor: 'constant-vus', vus: 16, duration: `${SECONDS}s` },
  },
  thresholds: THRESHOLDS,
}

export const run = fetchRuleset
