import { count, listed } from '../parts/format.ts'
import type { Change } from './flag-requests.ts'
import { scopeName } from './scope-chain.ts'

/** An edit of a change of the log. */
export type LoggedEdit = Change['edits'][number]

/** Verbs of the actions that the default rule would name badly. */
const VERBS: Readonly<Record<string, string>> = {
  'flag.kill': 'killed',
  'flag.kill-by-tag': 'killed by tag',
  'flag.unarchive': 'took out of the archive',
  'layer.set': 'replaced the settings of',
  'layer.update': 'changed the settings of',
  'layer.delete': 'deleted the settings of',
  'change.revert': 'reverted a change of',
  'project.import': 'imported a file into',
  'rollout.end': 'ended the rollout of',
  'rollout.join': 'added an instance to the rollout of',
  'rollout.wave': 'opened a wave of the rollout of',
  'rollout.start': 'started a rollout of',
  'rollout.pause': 'paused the rollout of',
  'rollout.resume': 'resumed the rollout of',
  'rollout.abort': 'aborted the rollout of',
  'run.adopt': 'adopted the changed settings of',
  'run.advance': 'advanced',
  'run.expose': 'began the rollout of',
  'run.finish': 'finished the rollout of',
  'run.hold': 'held',
  'run.holdback': 'began the holdback of',
  'run.quarantine': 'quarantined',
  'run.resume': 'resumed',
  'run.retry': 'retried',
  'run.rollback': 'rolled back',
  'run.safe': 'found safe to leave alone',
  'run.skip': 'skipped',
  'run.wait': 'let wait',
}

/** Names of the kinds of entities, where they differ from the kind. */
const NOUNS: Partial<Record<LoggedEdit['kind'], string>> = {
  layer: 'settings',
  apiKey: 'key',
  kill: 'kill by tag',
}

/** Returns the kind of an edited entity in words. */
export const kindText = (kind: LoggedEdit['kind']): string => NOUNS[kind] ?? kind

/** Returns the person of a change, or the name of its key. */
export const authorOf = ({ actor }: Change): string => actor.person ?? actor.name

/** Returns a change in words without its author, such as `killed new-checkout in production`. */
export function changeSentence({ action, edits }: Change): string {
  return `${VERBS[action] ?? past(action)} ${objectOf(edits)}`
}

/** Returns the past tense of the verb of an action, such as `created` of `key.create`. */
function past(action: string): string {
  const verb = action.split('.')[1] ?? action
  return verb.endsWith('e') ? `${verb}d` : `${verb}ed`
}

/** Kinds whose entities belong to a flag, with a scope after an `@` or without. */
const OF_FLAGS: ReadonlySet<LoggedEdit['kind']> = new Set(['flag', 'layer', 'rollout', 'run'])
const SHOWN = 3

/** Names the edited entities: flags with their scopes, and other entities where there are none. */
function objectOf(edits: readonly LoggedEdit[]): string {
  const scopes = new Map<string, Set<string>>()
  for (const { kind, key } of edits) {
    if (!OF_FLAGS.has(kind)) continue
    const [flag = key, scope] = key.split('@')
    const known = scopes.get(flag) ?? new Set()
    scopes.set(flag, scope === undefined ? known : known.add(scope))
  }
  if (scopes.size === 0) return listed(edits.map(nameOf))
  const more = scopes.size > SHOWN ? ` and ${count(scopes.size - SHOWN, 'other flag')}` : ''
  return [...scopes].slice(0, SHOWN).map(placed).join(', ') + more
}

function placed([flag, scopes]: readonly [string, ReadonlySet<string>]): string {
  if (scopes.size === 0) return flag
  return `${flag} in ${listed([...scopes].map(scopeName))}`
}

function nameOf(edit: LoggedEdit): string {
  // The key of an API key is a random id.
  if (edit.kind !== 'apiKey') return `${kindText(edit.kind)} ${edit.key}`
  return `key ${(edit.after ?? edit.before)?.name ?? edit.key}`
}
