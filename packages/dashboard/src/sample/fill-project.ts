import type { Senders } from './ask.ts'
import { ENVIRONMENTS, INSTANCES, METRICS } from './customers.ts'
import { CLIENT_VISIBLE, FLAGS, OVERDUE } from './flags.ts'
import { layersOf } from './layers.ts'
import { OVERRIDES } from './overrides.ts'
import { RANKING } from './ranking.ts'
import { startRollouts } from './rollouts.ts'
import { createSegments } from './segments.ts'

const DAY_MS = 86_400_000

/**
 * Fills a new project with the sample, by the requests that its people and programs would send.
 */
export async function fillProject(senders: Senders): Promise<void> {
  const of = senders.person
  const ask = of('Ops')
  for (const [order, environment] of ENVIRONMENTS.entries())
    await ask('POST', 'environments', { key: environment, order })
  await ask('PATCH', 'environments/production', { order: ENVIRONMENTS.length })
  for (const instance of INSTANCES) await ask('POST', 'instances', instance)
  for (const metric of METRICS) await ask('POST', 'metrics', metric)
  await ask('PATCH', 'metrics/error', { name: 'Failed requests' })
  for (const { scopes, ...flag } of FLAGS) {
    const tags = { team: flag.owner.toLowerCase() }
    const clientVisible = CLIENT_VISIBLE.has(flag.key)
    const body = { ...flag, clientVisible, tags, layers: layersOf(scopes) }
    await of(flag.owner)('POST', 'flags', body)
  }
  for (const { owner, path, body } of OVERRIDES) await of(owner)('PATCH', path, body)
  await of('Dan')('POST', 'flags', RANKING)
  for (const [flag, days] of OVERDUE) {
    const expectedRemovalAt = new Date(Date.now() - days * DAY_MS).toISOString()
    await ask('PATCH', `flags/${flag}`, { expectedRemovalAt })
  }
  await createSegments(of('Eve'))
  await startRollouts(senders)
  await ask('POST', 'flags/slow-import-guard/kill', {
    scopes: ['production/wayne'],
    reason: 'The guard stops every import at Wayne',
  })
}
