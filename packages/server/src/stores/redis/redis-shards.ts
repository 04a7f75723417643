import { murmur3 } from '@flaghoist/core/internal'

/**
 * The hash tags that all keys share the projects of. Their slots are spread evenly over those of a
 * Cluster, so that up to eight masters share the work. They can never change: each project would
 * have to move.
 */
const TAGS = ['bq', 'wk', 'ss', 'fi', 'ci', 'vs', 'rk', 'gq'] as const

/**
 * The shards of all projects: groups of keys that one node of a Cluster holds together, so that one
 * script can change all of them at once. The name of a shard begins each of its keys.
 */
export interface Shards {
  readonly all: readonly string[]
  /** Returns the shard that holds a project. */
  of(project: string): string
}

/** @param prefix first part of all keys, so that several deployments can share a Redis */
export function createShards(prefix: string): Shards {
  const all = TAGS.map((tag) => `${prefix}:{${tag}}`)
  return { all, of: (project) => all[murmur3(project, 0) % all.length]! }
}
