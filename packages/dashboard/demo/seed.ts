import type { Ask } from '../src/sample/ask.ts'
import { fillProject } from '../src/sample/fill-project.ts'
import { createAsk } from './api.ts'

interface SeedTarget {
  readonly url: string
  /** Admin key of every project. */
  readonly key: string
  readonly project: string
  /** Changes how reports are sent. @default unchanged */
  readonly through?: (ask: Ask) => Ask
}

/** People of the sample project: each has a key, so that the change log names them. */
const PEOPLE = ['Ada', 'Bob', 'Cy', 'Dan', 'Eve', 'Ops'] as const

/** Creates the sample project by the API, as its people and programs would. */
export async function seed(target: SeedTarget): Promise<void> {
  const { url, key, project, through = (ask) => ask } = target
  const askAll = createAsk({ url, key, base: '/api/v1' })
  const { items } = (await askAll('GET', 'projects')) as { items: readonly { key: string }[] }
  if (!items.some((one) => one.key === project))
    await askAll('POST', 'projects', { key: project, name: 'Shop' })
  const base = `/api/v1/projects/${project}`
  const ask = createAsk({ url, key, base })
  const secrets = new Map<string, string>()
  for (const name of PEOPLE) {
    const made = (await ask('POST', 'keys', { name, kind: 'admin' })) as { secret: string }
    secrets.set(name, made.secret)
  }
  await fillProject({
    person: (name) => createAsk({ url, key: secrets.get(name)!, base }),
    sdk: (secret) => through(createAsk({ url, key: secret, base: '/sdk/v1' })),
  })
}
