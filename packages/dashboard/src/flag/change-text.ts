import { listed } from '../parts/format.ts'
import type { Change } from './flag-requests.ts'

const VERBS: Readonly<Record<string, string>> = {
  'flag.create': 'created the flag',
  'flag.update': 'edited the flag',
  'flag.archive': 'archived the flag',
  'flag.unarchive': 'took the flag out of the archive',
  'flag.kill': 'killed it',
  'flag.kill-by-tag': 'killed it by tag',
  'flag.restore': 'restored it',
  'layer.set': 'replaced the settings',
  'layer.update': 'changed the settings',
  'layer.delete': 'deleted the settings',
  'change.revert': 'reverted a change',
  'rollout.start': 'started a rollout',
  'rollout.pause': 'paused the rollout',
  'rollout.resume': 'resumed the rollout',
  'rollout.abort': 'aborted the rollout',
  'run.expose': 'began the rollout',
  'run.advance': 'advanced the rollout',
  'run.rollback': 'rolled it back',
  'run.hold': 'held the rollout',
  'run.quarantine': 'quarantined it',
  'run.finish': 'finished the rollout',
}

/** Returns a change in words without its author, such as `killed it in production/acme`. */
export function changeText(
  { action, edits }: Pick<Change, 'action' | 'edits'>,
  flag: string,
): string {
  const verb = VERBS[action] ?? action.replace('.', ': ')
  const scopes = edits.flatMap(({ kind, key }) =>
    kind === 'layer' && key.startsWith(`${flag}@`) ? key.slice(flag.length + 1) : [],
  )
  if (scopes.length === 0 || action === 'flag.create') return verb
  return `${verb} in ${listed(scopes.map((scope) => (scope === '*' ? 'every scope' : scope)))}`
}
