/** Environments of the sample project, in their order. The project starts with `production`. */
export const ENVIRONMENTS = ['dev', 'test', 'uat', 'staging'] as const

const OFFICE_HOURS = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }

/** Customer instances of the sample project. */
export const INSTANCES = [
  { key: 'acme', name: 'Acme', tags: { region: 'eu', tier: 'pilot' }, timeZone: 'Europe/Zurich' },
  {
    key: 'globex',
    name: 'Globex',
    tags: { region: 'eu', tier: 'pilot' },
    timeZone: 'Europe/Berlin',
  },
  {
    key: 'hooli',
    name: 'Hooli',
    tags: { region: 'us', tier: 'standard' },
    timeZone: 'America/Los_Angeles',
  },
  {
    key: 'initech',
    name: 'Initech',
    tags: { region: 'eu', tier: 'standard' },
    timeZone: 'Europe/Vienna',
  },
  {
    key: 'massive',
    name: 'Massive Dynamic',
    tags: { region: 'us', tier: 'standard' },
    timeZone: 'America/New_York',
  },
  {
    key: 'pied-piper',
    name: 'Pied Piper',
    tags: { region: 'us', tier: 'standard' },
    timeZone: 'America/Los_Angeles',
  },
  {
    key: 'soylent',
    name: 'Soylent',
    tags: { region: 'us', tier: 'regulated' },
    timeZone: 'America/Chicago',
  },
  {
    key: 'stark',
    name: 'Stark Industries',
    tags: { region: 'eu', tier: 'regulated' },
    timeZone: 'Europe/Zurich',
  },
  {
    key: 'tyrell',
    name: 'Tyrell',
    tags: { region: 'asia', tier: 'standard' },
    timeZone: 'Asia/Tokyo',
  },
  {
    key: 'umbrella',
    name: 'Umbrella',
    tags: { region: 'eu', tier: 'standard' },
    timeZone: 'Europe/London',
  },
  {
    key: 'wayne',
    name: 'Wayne Enterprises',
    tags: { region: 'us', tier: 'regulated' },
    timeZone: 'America/New_York',
  },
  {
    key: 'wonka',
    name: 'Wonka',
    tags: { region: 'asia', tier: 'standard' },
    timeZone: 'Asia/Singapore',
  },
].map((instance) => ({
  ...instance,
  owner: 'Customer success',
  // The shops of the others never close, so that their rollouts look alike at any hour.
  ...(instance.tags.tier === 'regulated' && { businessHours: OFFICE_HOURS }),
}))

export const METRICS = [
  { key: 'order', name: 'Orders', kind: 'conversion', role: 'goal' },
  { key: 'page-ms', name: 'Time to a page', kind: 'measurement', unit: 'ms', role: 'guardrail' },
] as const
