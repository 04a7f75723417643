import { Environment } from '@flaghoist/core/schema'
import type { Resource } from '../resources/resource.ts'

/** Environments: the stages of a project, such as production and staging. */
export const environments: Resource = {
  kind: 'environment',
  plural: 'environments',
  article: 'an environment',
  tag: 'Environments',
  description: 'An environment is a stage, such as production or staging.',
  schema: Environment,
  examples: {
    create: { key: 'staging', name: 'Staging' },
    update: { name: 'Staging (EU)' },
  },
  entities: ({ environments }) => environments,
  defaults: (key, existing) => ({ name: key, order: existing.size, protected: false }),
}
