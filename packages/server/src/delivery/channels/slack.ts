import { cut } from './cut.ts'
import type { Message } from './message.ts'

/** Limits of Block Kit, in characters. */
const HEADER_LENGTH = 150
const TEXT_LENGTH = 3_000

/**
 * Returns the body of an incoming webhook of Slack. Texts of people are plain text, so that they
 * can neither mention channels nor format anything.
 *
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
export function slackBody({ title, facts, footer, link }: Message): object {
  return {
    text: escaped(cut(title, TEXT_LENGTH)),
    blocks: [
      { type: 'header', text: plain(title, HEADER_LENGTH) },
      ...(title.length > HEADER_LENGTH ? [section(title)] : []),
      ...facts.map(({ name, text }) => section(`${name}: ${text}`)),
      {
        type: 'context',
        elements: [
          plain(footer, TEXT_LENGTH),
          ...(link === undefined ? [] : [{ type: 'mrkdwn', text: `<${escaped(link)}|Open>` }]),
        ],
      },
    ],
  }
}

function section(text: string) {
  return { type: 'section', text: plain(text, TEXT_LENGTH) }
}

function plain(text: string, length: number) {
  return { type: 'plain_text', text: cut(text, length), emoji: false }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
