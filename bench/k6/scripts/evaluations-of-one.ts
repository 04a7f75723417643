import { SECONDS, send, THRESHOLDS } from './send.ts'

export const options = {
  scenarios: {
    evaluations: { exec: 'run', executor: 'constant-vus', vus: 16, duration: `${SECONDS}s` },
  },
  thresholds: THRESHOLDS,
}

export const run = () => send('evaluateOne')
