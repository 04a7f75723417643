import type { Resolved } from '../flag/flag-requests.ts'
import { noteText } from '../flag/note.ts'
import { scopeName } from '../flag/scope-chain.ts'
import { conditionText, memberName, rolloutText, ruleText, serveText } from '../flag/sentences.ts'
import type { DiffLine } from '../parts/diff-line.ts'
import type { Rule } from './rule-list.ts'
import { MEMBERS, type Settings } from './settings.ts'

type Configuration = Resolved['configuration']

/** Returns the differences of two configurations in words, and of the scopes that set them. */
export function settingsDiff(before: Resolved, after: Resolved): readonly DiffLine[] {
  const [was, is] = [before.configuration, after.configuration]
  return [
    ...changed('switch', switchText(was), switchText(is)),
    ...ruleLines(was.rules as readonly Rule[], is.rules as readonly Rule[]),
    ...changed('rollout', rolloutLine(was), rolloutLine(is)),
    ...changed('default', serveText(was.fallthrough), serveText(is.fallthrough)),
    ...MEMBERS.flatMap((member) =>
      changed(
        `source of ${memberName(member)}`,
        sourceText(before.provenance[member]),
        sourceText(after.provenance[member]),
      ),
    ),
  ]
}

/** Returns the difference of the notes of two settings in words. */
export function noteDiff({ note: before }: Settings, { note: after }: Settings) {
  return changed('note', before && noteText(before), after && noteText(after))
}

function switchText({ on, off }: Configuration): string {
  const served = serveText({ variant: off })
  return on ? `on; when off, ${served}` : `off, so that every context gets ${served}`
}

const rolloutLine = ({ rollout }: Configuration): string | undefined =>
  rollout ? `${rolloutText(rollout)}: ${serveText(rollout.serve)}` : undefined

const sourceText = (scope: string | undefined): string | undefined =>
  scope === undefined || scope === 'default' ? scope : scopeName(scope)

function ruleLines(was: readonly Rule[] = [], is: readonly Rule[] = []): readonly DiffLine[] {
  const textOf = (rules: readonly Rule[], id: string) => {
    const rule = rules.find((one) => one.id === id)
    return rule && namedText(rule)
  }
  const edited = is.flatMap((rule, i) =>
    changed(`rule ${i + 1}`, textOf(was, rule.id), namedText(rule)),
  )
  const removed = was
    .filter(({ id }) => textOf(is, id) === undefined)
    .flatMap((rule) => changed(`rule ${was.indexOf(rule) + 1} so far`, namedText(rule), undefined))
  return [...edited, ...removed, ...orderLines(was, is)]
}

const namedText = (rule: Rule): string =>
  rule.name ? `${rule.name}: ${ruleText(rule)}` : ruleText(rule)

/** Compares the order of the rules that both lists have. */
function orderLines(was: readonly Rule[], is: readonly Rule[]): readonly DiffLine[] {
  const kept = is.filter(({ id }) => was.some((rule) => rule.id === id))
  const before = was.flatMap(({ id }) => kept.find((rule) => rule.id === id) ?? [])
  const textOf = (rules: readonly Rule[]) =>
    rules.map((rule) => rule.name ?? conditionText(rule)).join('; ')
  return changed('order of rules', textOf(before), textOf(kept))
}

function changed(
  member: string,
  before: string | undefined,
  after: string | undefined,
): readonly DiffLine[] {
  if (before === after) return []
  return [{ member, ...(before && { before }), ...(after && { after }) }]
}
