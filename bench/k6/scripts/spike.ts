import { partOf, send, THRESHOLDS } from './send.ts'

export const options = {
  scenarios: {
    spike: {
      exec: 'run',
      executor: 'ramping-arrival-rate',
      startRate: 100,
      preAllocatedVUs: 50,
      maxVUs: 200,
      stages: [
        { target: 100, duration: partOf(0.4) },
        { target: 2_000, duration: '0s' },
        { target: 2_000, duration: partOf(0.2) },
        { target: 100, duration: '0s' },
        { target: 100, duration: partOf(0.4) },
      ],
    },
  },
  thresholds: THRESHOLDS,
}

export const run = () => send('evaluateAll')
