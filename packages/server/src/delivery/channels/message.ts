import { SEVERITIES, type Severity } from '@flaghoist/core/schema'
import type { Notice } from '../notices/notice.ts'

/** A message as every channel shows it. */
export interface Message {
  /** The same for every attempt. */
  readonly id: string
  /** Type of the webhook, such as `notice.killed`. */
  readonly type: string
  readonly severity: Severity
  readonly title: string
  readonly facts: readonly Fact[]
  readonly footer: string
  /** URL of the rollout; absent if the server does not know its own URL. */
  readonly link?: string | undefined
  /** The content for programs. */
  readonly data: unknown
}

export interface Fact {
  readonly name: string
  readonly text: string
}

/** Notices that a summary shows and sends; the others are counted. */
const SHOWN_IN_SUMMARY = 5
const SENT_IN_SUMMARY = 20

/**
 * @param publicUrl URL of the server as people reach it
 */
export function messageOf(id: string, notice: Notice, publicUrl: string | undefined): Message {
  const { event, severity, what, reason, details = [], done, todo, project, change, at } = notice
  const link = linkOf(notice, publicUrl)
  return {
    id,
    type: `notice.${event}`,
    severity,
    title: what,
    facts: [
      ...(reason === undefined ? [] : [{ name: 'Reason', text: reason }]),
      ...details,
      { name: 'Result', text: done },
      { name: 'Next step', text: todo },
    ],
    footer: `Flaghoist · project ${project} · change ${change} · ${at}`,
    link,
    data: dataOf(notice, publicUrl),
  }
}

/** Combines notices into one message that counts them and shows the worst. */
export function summaryOf(
  id: string,
  notices: readonly Notice[],
  publicUrl: string | undefined,
): Message {
  const worst = notices.toSorted((a, b) => rankOf(b) - rankOf(a))
  const shown = worst.slice(0, SHOWN_IN_SUMMARY)
  const [first, last] = [notices[0]!, notices.at(-1)!]
  return {
    id,
    type: 'notice.summary',
    severity: worst[0]!.severity,
    title: `${notices.length} notices: ${countsOf(notices)}.`,
    facts: [
      ...shown.map(({ event, what }) => ({ name: event, text: what })),
      {
        name: 'Next step',
        text: 'Look at the rollouts. Notices are combined while more arrive than the subscription allows.',
      },
    ],
    footer: `Flaghoist · project ${first.project} · changes ${first.change} to ${last.change} · ${last.at}`,
    data: {
      count: notices.length,
      notices: worst.slice(0, SENT_IN_SUMMARY).map((notice) => dataOf(notice, publicUrl)),
    },
  }
}

/** The message that shows that a subscription works. */
export function testMessage(id: string, project: string, at: string): Message {
  const title = 'This is a test message of Flaghoist.'
  return {
    id,
    type: 'notice.test',
    severity: 'info',
    title,
    facts: [
      { name: 'Result', text: 'The subscription works.' },
      { name: 'Next step', text: 'You need to do nothing.' },
    ],
    footer: `Flaghoist · project ${project} · ${at}`,
    data: { project, at, what: title },
  }
}

function dataOf(notice: Notice, publicUrl: string | undefined): unknown {
  const { holdsForMs: _, ...data } = notice
  return { ...data, link: linkOf(notice, publicUrl) }
}

function linkOf(
  { event, project, rollout }: Notice,
  publicUrl: string | undefined,
): string | undefined {
  if (publicUrl === undefined) return undefined
  const base = `${publicUrl.replace(/\/$/, '')}/api/v1/projects/${project}`
  if (event === 'daily-report') return `${base}/report`
  return rollout === undefined ? `${base}/changes` : `${base}/rollouts/${rollout}`
}

function countsOf(notices: readonly Notice[]): string {
  const counts = new Map<string, number>()
  for (const { event } of notices) counts.set(event, (counts.get(event) ?? 0) + 1)
  return [...counts].map(([event, count]) => `${count} ${event}`).join(', ')
}

function rankOf({ severity }: Notice): number {
  return SEVERITIES.indexOf(severity)
}
