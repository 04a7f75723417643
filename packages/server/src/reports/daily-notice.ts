import { EVERYWHERE } from '@flaghoist/core/model'
import type { Severity } from '@flaghoist/core/schema'
import { localText } from '../calendar/day.ts'
import type { Period } from '../calendar/periods.ts'
import { listed, NOTHING_TO_DO, type NoticeParts } from '../delivery/notices/notice.ts'
import { getOrSet } from '../get-or-set.ts'
import type { Report } from './schemas.ts'

/** A day, and the zone whose clocks show it. */
export interface LocalDay extends Period {
  readonly zone: string
}

/** Entries of one kind that a message shows; the others are counted. */
const SHOWN = 3

/** Returns a report as a message: counts in the title, and the entries that matter. */
export function dailyNotice(
  report: Report,
  day: LocalDay,
  scopes: readonly string[] = [EVERYWHERE],
): NoticeParts {
  const needs = needsOf(report)
  const severity: Severity = needs.length === 0 ? 'info' : 'warning'
  return {
    event: 'daily-report',
    severity,
    flags: [...new Set([...report.kills, ...report.verdicts].map(({ flag }) => flag))],
    scopes: [...scopes],
    what: `Daily report of ${report.project}: ${countsOf(report)}.`,
    details: detailsOf(report, day),
    done: progressOf(report),
    todo: needs.length === 0 ? NOTHING_TO_DO : needs.join(' '),
  }
}

/** Checks that nothing happened, nothing is in progress and no quarantine is open. */
export function isQuiet({ changes, kills, rollouts, verdicts, quarantines }: Report): boolean {
  return changes.total + [kills, rollouts, verdicts, quarantines].flat().length === 0
}

function countsOf(report: Report): string {
  const { kills, changes, overrides, verdicts } = report
  const running = new Set(verdicts.map(({ rollout }) => rollout)).size
  const counts = [
    counted(rollbacksOf(report).length, 'rollback'),
    counted(kills.length, 'kill'),
    counted(overrides.length, 'overridden freeze'),
    counted(running, 'rollout', ' in progress'),
    counted(changes.total, 'change', ' by people'),
  ].filter((count) => count !== '')
  return counts.length === 0 ? 'nothing happened' : listed(counts, counts.length)
}

function detailsOf(report: Report, { from, to, zone }: LocalDay): NoticeParts['details'] {
  const { kills, rollouts, overrides, changes } = report
  const whole = rollouts.filter(({ scope }) => scope === undefined)
  const more = Math.max(0, changes.total - SHOWN)
  return [
    { name: 'Period', text: `${localText(from, zone)} to ${localText(to, zone)} (${zone})` },
    ...detail(
      'Rolled back',
      rollbacksOf(report).map(({ scope, text }) => `${scope}: ${text}`),
    ),
    ...detail(
      'Killed',
      kills.map(({ flag, scope, actor, text }) => `${flag} in ${scope} by ${actor}: ${text}`),
    ),
    ...detail(
      'Rollouts',
      whole.map(({ rollout, text }) => `${rollout}: ${text}`),
    ),
    ...detail(
      'Overridden freezes',
      overrides.map(({ freezes, actor, text }) => `${freezes.join(', ')} by ${actor}: ${text}`),
    ),
    ...detail(
      'Changed',
      changes.items.slice(0, SHOWN).map(({ actor, text }) => `${text} (${actor})`),
      more,
    ),
  ]
}

function detail(name: string, texts: readonly string[], more = Math.max(0, texts.length - SHOWN)) {
  if (texts.length === 0) return []
  const rest = more === 0 ? [] : [`${more} more`]
  return [{ name, text: [...texts.slice(0, SHOWN), ...rest].join(' · ') }]
}

function rollbacksOf({ rollouts }: Report): Report['rollouts'] {
  return rollouts.filter(({ action }) => action === 'run.rollback')
}

/** Describes each rollout in progress by the states of its runs. */
function progressOf({ verdicts }: Report): string {
  const rollouts = new Map<string, Map<string, number>>()
  for (const { rollout, state } of verdicts) {
    const states = getOrSet(rollouts, rollout, () => new Map())
    states.set(state, (states.get(state) ?? 0) + 1)
  }
  if (rollouts.size === 0) return 'No rollout is in progress.'
  return [...rollouts]
    .map(([rollout, states]) => {
      const counts = [...states].map(([state, count]) => `${count} ${state}`)
      return `${rollout} now: ${counts.join(', ')}.`
    })
    .join(' ')
}

function needsOf({ verdicts, quarantines, removals }: Report): readonly string[] {
  const held = verdicts.filter(({ state }) => state === 'held').map(({ scope }) => scope)
  const closed = quarantines.map(({ scope, owner }) => `${scope} (${owner ?? 'no owner'})`)
  return [
    ...(held.length === 0 ? [] : [`Look at the held scopes: ${listed(held)}.`]),
    ...(closed.length === 0 ? [] : [`Fix the cause in ${listed(closed)}, then use "retry".`]),
    ...(removals.length === 0
      ? []
      : [`Remove from the code: ${listed(removals.map(({ flag }) => flag))}.`]),
  ]
}

function counted(count: number, noun: string, more = ''): string {
  if (count === 0) return ''
  return `${count} ${noun}${count === 1 ? '' : 's'}${more}`
}
