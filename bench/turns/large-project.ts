import { definition } from '../../test-support/project.ts'

export interface ProjectSize {
  readonly flags: number
  readonly instances: number
  /** Targeting keys of its segment. */
  readonly members: number
}

/** The part of the size that a project file has. */
export type FileSize = Pick<ProjectSize, 'flags' | 'instances'>

export const flagName = (i: number) => `flag-${i}`
export const instanceName = (i: number) => `customer-${i}`

/** Every tenth flag has a layer in an instance, so that all instances have some. */
const LAYERED = 10

/** A project file with flags of a rule each. The first flag names a segment. */
export function fileOf(size: FileSize) {
  return {
    flaghoist: 1,
    project: { key: 'default', name: 'Default' },
    environments: [{ key: 'production', name: 'Production', order: 0, protected: false }],
    segments: [],
    instances: Array.from({ length: size.instances }, (_, i) => ({
      key: instanceName(i),
      name: `Customer ${i}`,
      tags: { region: 'eu' },
      timeZone: 'UTC',
      owner: '',
      status: 'active',
    })),
    flags: Array.from({ length: size.flags }, (_, i) => flagOf(i, size)),
  }
}

/** Targeting keys as products have them. */
export function membersOf({ members }: ProjectSize, from = 0): readonly string[] {
  return Array.from(
    { length: members },
    (_, i) => `user-${(from + i).toString().padStart(12, '0')}`,
  )
}

function flagOf(i: number, { instances }: FileSize) {
  const when = [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]]
  const scope = `production/${instanceName((i / LAYERED) % instances)}`
  return {
    ...definition(flagName(i), {
      description: `The feature number ${i}`,
      tags: { team: 'shop' },
      clientVisible: i % 2 === 0,
    }),
    layers: {
      '*': { on: false, off: 'off' },
      production: { on: true, rules: [{ id: 'paying', when, serve: { variant: 'on' } }] },
      ...(i % LAYERED === 0 && { [scope]: { on: false } }),
    },
  }
}
