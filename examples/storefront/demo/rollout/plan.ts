/** Units that a share needs before it grows: seconds of traffic. A real plan waits for hours. */
const UNITS = 400

const chosen = (segment: string) => ({
  audience: { segments: [segment] },
  minMinutes: 0,
  minUnits: 0,
  gate: 'time',
})
const share = (percent: number) => ({
  audience: { share: percent },
  minMinutes: 0,
  minUnits: UNITS,
  gate: 'time',
})

/** Self, team, one pilot customer, then 10 %, 50 % and 100 % of all others. */
export const PLAN = {
  name: 'Self, team, pilot, all others',
  waves: [
    {
      name: 'Pilot customer',
      instances: { tags: { tier: 'pilot' } },
      steps: [chosen('self'), chosen('team'), share(10), share(50), share(100)],
    },
    {
      name: 'All other customers',
      instances: { rest: true },
      steps: [share(10), share(50), share(100)],
    },
  ],
  failBudget: 1,
  holdback: null,
  metrics: ['error'],
}
