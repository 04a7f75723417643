import { fetchRuleset, partOf, send, THRESHOLDS } from './send.ts'

/** A day in a few seconds: night, morning, noon, evening, night. */
export const options = {
  scenarios: {
    day: {
      exec: 'run',
      executor: 'ramping-arrival-rate',
      startRate: 50,
      preAllocatedVUs: 50,
      maxVUs: 200,
      stages: [
        { target: 50, duration: partOf(0.2) },
        { target: 400, duration: partOf(0.2) },
        { target: 300, duration: partOf(0.2) },
        { target: 500, duration: partOf(0.2) },
        { target: 50, duration: partOf(0.2) },
      ],
    },
  },
  thresholds: THRESHOLDS,
}

/** Most SDKs hold the current ruleset, some evaluate on the server, and few people edit flags. */
export const run = () => {
  const drawn = Math.random()
  if (drawn < 0.5) fetchRuleset()
  else if (drawn < 0.8) send('evaluateAll')
  else if (drawn < 0.99) send('report')
  else send('write')
}
