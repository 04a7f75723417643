import {
  flagOf,
  type ProjectState,
  type PublishedClause,
  plainIdentifiers,
  publishedByEdits,
  type UnreachableSteps,
  unreachableByEdits,
} from '@flaghoist/core/model'
import type { Edit } from '@flaghoist/core/schema'
import { z } from 'zod'
import { getOrSet } from '../get-or-set.ts'
import { mapInTurns } from '../pause.ts'

/** The warnings of one response. */
const MAX_WARNINGS = 100

/** An effect of a write that its author may not expect. */
export const WriteWarning = z.object({
  code: z
    .enum(['IDENTIFIERS_PUBLISHED', 'STEPS_UNREACHABLE'])
    .meta({ description: 'Stable code of the warning', example: 'IDENTIFIERS_PUBLISHED' }),
  message: z.string().meta({
    description: 'Effect of the write, and the member to change',
    example:
      'Rule "pilots" of flag "new-checkout" in scope "production" sends 3 values of "email" to client keys unhashed. Set "hashed": true in the clause.',
  }),
})

export type WriteWarning = z.infer<typeof WriteWarning>

/** The member `warnings` of the response to a write or a preview. */
export const warningsMember = {
  warnings: z
    .array(WriteWarning)
    .optional()
    .meta({
      description: `Effects of the write that you may not expect, at most ${MAX_WARNINGS}; absent without any`,
    }),
}

/** Adds the warnings of a write to its response; none for a response without members. */
export function withWarnings(body: unknown, warnings: readonly WriteWarning[]): unknown {
  const isPlain = warnings.length === 0 || typeof body !== 'object' || body === null
  return isPlain ? body : { ...body, warnings }
}

/** Returns the warnings of edits that lead from one state to another. */
export async function warningsOf(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): Promise<readonly WriteWarning[]> {
  const found = await mapInTurns(editsByFlag(edits), (own) => ({
    unreachable: unreachableByEdits(before, after, own),
    published: publishedByEdits(before, after, own),
  }))
  return [
    ...found.flatMap(({ unreachable }) => unreachable).map(unreachableWarning),
    ...identifierWarnings(found.flatMap(({ published }) => published)),
  ].slice(0, MAX_WARNINGS)
}

/** Groups edits by the flag that they concern; all others are one group. */
function editsByFlag(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const groups = new Map<string, Edit[]>()
  for (const edit of edits) {
    const [flag = ''] = flagOf(edit)
    getOrSet(groups, flag, () => []).push(edit)
  }
  return [...groups.values()]
}

function unreachableWarning({
  flag,
  scope,
  rule,
  rules,
  hasRollout,
}: UnreachableSteps): WriteWarning {
  const steps = [...rules.map((id) => `rule "${id}"`), ...(hasRollout ? ['the rollout'] : [])]
  const more = steps.length > 1 ? ` and ${steps.length - 1} more` : ''
  return {
    code: 'STEPS_UNREACHABLE',
    message: `Rule "${rule}" of flag "${flag}" in scope "${scope}" matches every context. No context reaches ${steps[0]}${more} after it. Add a condition to "${rule}", or remove the steps after it.`,
  }
}

/** Warns of identifiers that client keys receive. The scopes of one rule share a warning. */
function identifierWarnings(published: readonly PublishedClause[]): readonly WriteWarning[] {
  const rules = new Map<string, PublishedClause[]>()
  for (const one of published) getOrSet(rules, ruleOf(one), () => []).push(one)
  return [...rules.values()].map((same) => ({
    code: 'IDENTIFIERS_PUBLISHED',
    message: `${placeOf(same)} sends ${valuesOf(same[0]!)} to client keys unhashed. ${cureFor(same[0]!)}`,
  }))
}

function ruleOf({ place, clause }: PublishedClause): string {
  const { scope: _, ...rule } = { scope: undefined, ...place }
  return JSON.stringify([rule, clause])
}

function placeOf(same: readonly PublishedClause[]): string {
  const { place } = same[0]!
  if ('segment' in place) return `Segment "${place.segment}"`
  const more = same.length - 1
  const others = more === 0 ? '' : ` and ${more} more ${more === 1 ? 'scope' : 'scopes'}`
  return `Rule "${place.rule}" of flag "${place.flag}" in scope "${place.scope}"${others}`
}

function valuesOf({ clause }: PublishedClause): string {
  const { length } = plainIdentifiers(clause)
  return `${length} ${length === 1 ? 'value' : 'values'} of "${clause.attribute}"`
}

function cureFor({ clause: { op, values } }: PublishedClause): string {
  if (op !== 'in')
    return 'Use the operator "in" with "hashed": true, or set "clientVisible": false on the flag.'
  const isText = values.every((value) => typeof value === 'string')
  return isText
    ? 'Set "hashed": true in the clause.'
    : 'Write the values as text, and set "hashed": true in the clause.'
}
