import type { LoggedEdit } from '../flag/change-sentence.ts'
import { rolloutText, ruleText, type Serve, serveText } from '../flag/sentences.ts'
import { type DiffLine, differences, plainText } from '../parts/diff-line.ts'
import { listed, number } from '../parts/format.ts'

/** Members that no person reads. */
const HIDDEN: ReadonlySet<string> = new Set(['hash', 'sealed'])

/** Returns the members that an edit has changed, in words. */
export function diffOf(edit: LoggedEdit): readonly DiffLine[] {
  return [
    ...differences(shown(edit.before), shown(edit.after), text),
    ...('lists' in edit ? listLines(edit.lists ?? {}) : []),
  ]
}

/** Returns the members of an entity that people read. */
function shown(entity: LoggedEdit['before']): object {
  return Object.fromEntries(Object.entries(entity ?? {}).filter(([member]) => !HIDDEN.has(member)))
}

/** Returns the difference of the way back. */
export const reversed = ({ member, before, after }: DiffLine): DiffLine => ({
  member,
  ...(after !== undefined && { before: after }),
  ...(before !== undefined && { after: before }),
})

type Lists = NonNullable<Extract<LoggedEdit, { lists?: unknown }>['lists']>

/** Lines of the targeting keys that were added to a segment, or removed from it. */
function listLines(lists: Lists): readonly DiffLine[] {
  return Object.entries(lists).flatMap(([member, list]) => {
    const keysOf = (parts: readonly { readonly keys: readonly string[] }[]) =>
      parts.flatMap(({ keys }) => keys)
    const [removed, added] = [keysOf(list.removed), keysOf(list.added)]
    return {
      member,
      ...(removed.length > 0 && { before: `${number(removed.length)}: ${listed(removed, 5)}` }),
      ...(added.length > 0 && { after: `${number(added.length)}: ${listed(added, 5)}` }),
    }
  })
}

type Rule = Parameters<typeof ruleText>[0]
type Rollout = Parameters<typeof rolloutText>[0] & Pick<Rule, 'serve'>

/** Returns the value of a member as people read it. */
function text(member: string, value: unknown): string {
  if (value === undefined || typeof value === 'string') return plainText(value)
  if (member === 'fallthrough') return serveText(value as Serve)
  if (member === 'rollout' && value !== null) {
    const rollout = value as Rollout
    return `${rolloutText(rollout)}: ${serveText(rollout.serve)}`
  }
  if (member === 'rules') return (value as readonly Rule[]).map(ruleText).join('; ')
  return plainText(value)
}
