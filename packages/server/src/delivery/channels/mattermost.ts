import type { Severity } from '@flaghoist/core/schema'
import { cut } from './cut.ts'
import type { Message } from './message.ts'

/** A post of Mattermost has 16,383 characters by default; escapes may double a text. */
const TEXT_LENGTH = 900

const COLORS: Readonly<Record<Severity, string>> = {
  info: '#3b82f6',
  warning: '#f59e0b',
  critical: '#dc2626',
}

/**
 * Returns the body of an incoming webhook of Mattermost.
 * @see https://developers.mattermost.com/integrate/reference/message-attachments/
 */
export function mattermostBody({ title, severity, facts, footer, link }: Message): object {
  const short = cut(title, TEXT_LENGTH)
  return {
    attachments: [
      {
        fallback: escaped(short),
        color: COLORS[severity],
        title: short,
        ...(link !== undefined && { title_link: link }),
        fields: facts.map(({ name, text }) => ({
          title: name,
          value: escaped(cut(text, TEXT_LENGTH)),
          short: false,
        })),
        footer,
      },
    ],
  }
}

/** Escapes Markdown, and keeps texts of people from notifying others by a mention. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|~-]/g, '\\$&').replaceAll('@', '@\u200b')
}
