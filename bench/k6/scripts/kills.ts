import { SECONDS, send, THRESHOLDS } from './send.ts'

// k6 cannot read a stream, so the benchmark holds the streams and times what they receive.
export const options = {
  scenarios: {
    kills: {
      exec: 'run',
      executor: 'constant-arrival-rate',
      rate: 20,
      duration: `${SECONDS}s`,
      preAllocatedVUs: 20,
    },
  },
  thresholds: THRESHOLDS,
}

export const run = () => send('write')
