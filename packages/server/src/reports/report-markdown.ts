import { plainText } from '../http/markdown.ts'
import type { Report } from './schemas.ts'

/** Returns a report as one page for people. Sections without an entry are left out. */
export function reportMarkdown(report: Report): string {
  const { changes, kills, rollouts, verdicts, overrides, quarantines, removals } = report
  const more = changes.total - changes.items.length
  return [
    `# ${report.project}: ${timeOf(report.from)} to ${timeOf(report.to)}`,
    summary(report),
    section('Open tasks', [
      ...quarantines.map(
        ({ scope, flag, owner, text }) =>
          `**${scope}** keeps the old path of ${flag} (owner: ${plainText(owner || 'nobody')}). ${plainText(text)}`,
      ),
      ...removals.map(
        ({ flag, owner, expectedRemovalAt }) =>
          `**${flag}** is due for removal since ${expectedRemovalAt.slice(0, 10)} (owner: ${plainText(owner || 'nobody')}).`,
      ),
    ]),
    section(
      'Kills',
      kills.map((kill) => `${killText(kill)} ${byLine(kill)}`),
    ),
    section(
      'In progress',
      verdicts.map(
        ({ scope, flag, state, text }) => `**${scope}**, ${flag}, ${state}: ${plainText(text)}`,
      ),
    ),
    section(
      'Rollouts',
      rollouts.map(
        ({ rollout, scope, action, text, at }) =>
          `${timeOf(at)} **${scope ?? rollout}** ${DONE[action] ?? action}: ${plainText(text)}`,
      ),
    ),
    section(
      'Overridden freezes',
      overrides.map((one) => `${one.freezes.join(', ')}: ${plainText(one.text)} ${byLine(one)}`),
    ),
    section('Changes', [
      ...changes.items.map((one) => `${plainText(one.text)} ${byLine(one)}`),
      ...(more > 0 ? [`${more} earlier changes are in the change log.`] : []),
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

/** Decisions about rollouts, as a sentence continues with them after the scope. */
const DONE: Readonly<Record<string, string>> = {
  'rollout.start': 'started',
  'rollout.wave': 'opened a wave',
  'rollout.join': 'took an instance in',
  'rollout.pause': 'was paused',
  'rollout.resume': 'was resumed',
  'rollout.abort': 'was aborted',
  'rollout.end': 'ended',
  'run.wait': 'waits',
  'run.expose': 'exposes',
  'run.advance': 'was advanced',
  'run.holdback': 'keeps a holdback',
  'run.safe': 'is safe to stop watching',
  'run.finish': 'is done',
  'run.hold': 'is held',
  'run.adopt': 'was adopted',
  'run.resume': 'was resumed',
  'run.retry': 'is retried',
  'run.rollback': 'was rolled back',
  'run.quarantine': 'is quarantined',
  'run.skip': 'was skipped',
}

function summary({ changes, kills, rollouts, verdicts, quarantines }: Report): string {
  const rolledBack = rollouts.filter(({ action }) => action === 'run.rollback').length
  return [
    counted(changes.total, 'change', ' by people'),
    counted(kills.length, 'kill'),
    counted(rolledBack, 'rollback'),
    counted(verdicts.length, 'run', ' in progress'),
    counted(quarantines.length, 'quarantine', ' open'),
  ].join(' · ')
}

function killText({ flag, scope, text, connected, confirmed, maxMs }: Report['kills'][number]) {
  const time = maxMs === undefined ? '' : `, the last after ${Math.round(maxMs)} ms`
  return `**${flag}** in ${scope}: ${plainText(text)} ${confirmed} of ${connected} connected SDKs hold it${time}.`
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : [`## ${title}`, '', ...lines.map((line) => `- ${line}`)].join('\n')
}

function byLine({ actor, at, version }: { actor: string; at: string; version: number }): string {
  return `(${plainText(actor)}, ${timeOf(at)}, change ${version})`
}

function timeOf(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`
}

function counted(count: number, noun: string, more = ''): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}${more}`
}
