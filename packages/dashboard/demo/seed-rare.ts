import type { Ask } from '../src/sample/ask.ts'

/**
 * Adds to the sample project a view, and a freeze of an environment without rollouts, so that
 * pictures are the same on every day.
 */
export async function seedRare(ask: Ask): Promise<void> {
  const weekly = { days: ['thu'], from: '18:00', to: '08:00', toDay: 'mon' }
  await ask('POST', 'freezes', {
    key: 'acceptance',
    name: 'Acceptance tests',
    environments: ['uat'],
    window: { weekly },
  })
  await ask('POST', 'views', { key: 'mine', name: 'Flags of Ada', query: 'owner:Ada' })
}
