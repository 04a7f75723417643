import { Environment, Instance } from '@flaghoist/core/schema'
import { z } from 'zod'

const version = z.int().meta({
  description:
    'Number of its last change. Between double quotes, it is the ETag that `If-Match` of a write takes',
  example: 812,
})

export const ProjectScopes = z
  .object({
    environments: z
      .array(Environment.extend({ version }))
      .meta({ description: 'Environments that the key may see, in their order' }),
    instances: z
      .array(Instance.extend({ version }))
      .meta({ description: 'Instances that the key may see, in order of their keys' }),
  })
  .meta({ id: 'ProjectScopes', description: 'Environments and instances of a project' })

export type ProjectScopes = z.infer<typeof ProjectScopes>
