import { Instance } from '@flaghoist/core/schema'
import type { Resource } from '../resources/resource.ts'

/** Instances: the customised deployments of a project's customers. */
export const instances: Resource = {
  kind: 'instance',
  plural: 'instances',
  article: 'an instance',
  tag: 'Instances',
  description: "An instance is one customer's customised deployment.",
  schema: Instance,
  examples: {
    create: { key: 'acme', name: 'Acme Ltd', tags: { region: 'eu', tier: 'pilot' } },
    update: { tags: { region: 'eu', tier: 'general' } },
  },
  entities: ({ instances }) => instances,
  defaults: (key) => ({ name: key, tags: {}, timeZone: 'UTC', owner: '', status: 'active' }),
}
