import { type Issue, isFlaghoistError } from '@flaghoist/core'
import { parseLayerKey } from '@flaghoist/core/model'
import { invalidChange } from '../validation/invalid.ts'

const COLLECTIONS: Readonly<Record<string, string>> = {
  flag: 'flags',
  environment: 'environments',
  instance: 'instances',
  segment: 'segments',
  apiKey: 'keys',
  metric: 'metrics',
  plan: 'plans',
  freeze: 'freezes',
  rollout: 'rollouts',
  subscription: 'subscriptions',
  view: 'views',
}

/**
 * Runs a write and translates the paths of its issues from entities of the log to members of the
 * API: `layer:a@production.off` becomes `off` in a request for that layer, and
 * `flags.a.layers.production.off` in one for a whole project.
 * @param subject returns the entity that the request is about
 */
export async function withApiNames<T>(
  subject: () => string | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!isFlaghoistError(error) || error.code !== 'INVALID_CHANGE') throw error
    const own = subject()
    throw invalidChange(error.issues.map((issue) => inApiNames(issue, own)))
  }
}

function inApiNames({ path, message }: Issue, subject: string | undefined): Issue {
  const full = apiPath(path)
  const own = subject === undefined ? '' : apiPath(subject)
  if (own === '') return { path: full, message }
  if (full === own) return { path: '', message }
  return { path: full.startsWith(`${own}.`) ? full.slice(own.length + 1) : full, message }
}

function apiPath(name: string): string {
  const [, kind = '', rest = ''] = /^(\w+):(.*)$/s.exec(name) ?? []
  const collection = COLLECTIONS[kind]
  if (collection !== undefined) return `${collection}.${rest}`
  if (kind !== 'layer') return name
  const { flag, scope } = parseLayerKey(rest)
  return `flags.${flag}.layers.${scope}`
}
