import { SECONDS, send, THRESHOLDS } from './send.ts'

const part = (share: number) => `${Math.round(SECONDS * share * 1_000)}ms`

export const options = {
  scenarios: {
    spike: {
      exec: 'run',
      executor: 'ramping-arrival-rate',
      startRate: 100,
      preAllocatedVUs: 50,
      maxVUs: 200,
      stages: [
        { target: 100, duration: part(0.4) },
        { target: 2_000, duration: '0s' },
        { target: 2_000, duration: part(0.2) },
        { target: 100, duration: '0s' },
        { target: 100, duration: part(0.4) },
      ],
    },
  },
  thresholds: THRESHOLDS,
}

export const run = () => send('evaluateAll')
