import { fillProject } from '../src/sample/fill-project.ts'
import { createAsk } from './api.ts'

interface SeedTarget {
  readonly url: string
  /** Admin key of every project. */
  readonly key: string
  readonly project: string
}

/** People of the sample project: each has a key, so that the change log names them. */
const PEOPLE = ['Ada', 'Bob', 'Cy', 'Dan', 'Eve', 'Ops'] as const

/** Creates the sample project by the admin API, as its people would. */
export async function seed({ url, key, project }: SeedTarget): Promise<void> {
  const ask = createAsk({ url, key, project })
  const { items } = (await ask('GET', '/projects')) as { items: readonly { key: string }[] }
  if (!items.some((one) => one.key === project))
    await ask('POST', '/projects', { key: project, name: 'Shop' })
  const secrets = new Map<string, string>()
  for (const name of PEOPLE) {
    const made = (await ask('POST', 'keys', { name, kind: 'admin' })) as { secret: string }
    secrets.set(name, made.secret)
  }
  await fillProject((person) => createAsk({ url, key: secrets.get(person)!, project }))
}
