import { SECONDS, send, THRESHOLDS } from './send.ts'

export const options = {
  scenarios: {
    ramp: {
      exec: 'run',
      executor: 'ramping-arrival-rate',
      startRate: 100,
      preAllocatedVUs: 50,
      maxVUs: 200,
      stages: [{ target: 2_000, duration: `${SECONDS}s` }],
    },
  },
  thresholds: THRESHOLDS,
}

export const run = () => send('evaluateAll')
