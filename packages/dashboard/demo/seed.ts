import { createAsk } from './api.ts'
import { FLAGS } from './flags.ts'
import { layersOf } from './layers.ts'
import { ENVIRONMENTS, INSTANCES, METRICS, PEOPLE } from './project.ts'
import { startRollouts } from './rollouts.ts'

interface SeedTarget {
  readonly url: string
  /** Admin key of every project. */
  readonly key: string
  readonly project: string
}

/** Creates the sample project by the admin API, as its people would. */
export async function seed({ url, key, project }: SeedTarget): Promise<void> {
  const ask = createAsk({ url, key, project })
  const { items } = (await ask('GET', '/projects')) as { items: readonly { key: string }[] }
  if (!items.some((one) => one.key === project))
    await ask('POST', '/projects', { key: project, name: 'Shop' })
  for (const [order, environment] of ENVIRONMENTS.entries())
    await ask('POST', 'environments', { key: environment, order })
  await ask('PATCH', 'environments/production', { order: ENVIRONMENTS.length })
  for (const instance of INSTANCES) await ask('POST', 'instances', instance)
  for (const metric of METRICS) await ask('POST', 'metrics', metric)

  const secrets = new Map<string, string>()
  for (const name of PEOPLE) {
    const made = (await ask('POST', 'keys', { name, kind: 'admin' })) as { secret: string }
    secrets.set(name, made.secret)
  }
  const of = (person: string) => createAsk({ url, key: secrets.get(person)!, project })

  for (const { scopes, ...flag } of FLAGS) {
    const tags = { team: flag.owner.toLowerCase() }
    await of(flag.owner)('POST', 'flags', { ...flag, tags, layers: layersOf(scopes) })
  }
  await startRollouts(of)
  await of('Ops')('POST', 'flags/slow-import-guard/kill', {
    scopes: ['production/wayne'],
    reason: 'The guard stops every import at Wayne',
  })
}
