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
          `${timeOf(at)} **${scope ?? rollout}** (${action}): ${plainText(text)}`,
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

function summary({ changes, kills, rollouts, verdicts, quarantines }: Report): string {
  const rolledBack = rollouts.filter(({ action }) => action === 'run.rollback').length
  return [
    `${changes.total} changes by people`,
    `${kills.length} kills`,
    `${rolledBack} rollbacks`,
    `${verdicts.length} runs in progress`,
    `${quarantines.length} open quarantines`,
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
