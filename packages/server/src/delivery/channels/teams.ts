import type { Severity } from '@flaghoist/core/schema'
import { cut } from './cut.ts'
import type { Message } from './message.ts'

/** A message of Teams has at most 28 KB, and a character at most four bytes. */
const TEXT_LENGTH = 800

const COLORS: Readonly<Record<Severity, string>> = {
  info: 'Default',
  warning: 'Warning',
  critical: 'Attention',
}

/**
 * Returns the body for a workflow of Microsoft Teams: an adaptive card. Text runs have no Markdown,
 * so that texts of people cannot format anything.
 *
 * @see https://adaptivecards.io/explorer/
 */
export function teamsBody({ title, severity, facts, footer, link }: Message): object {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      richText([run(title, { size: 'Medium', weight: 'Bolder', color: COLORS[severity] })]),
      ...facts.map(({ name, text }) =>
        richText([run(`${name}: `, { weight: 'Bolder' }), run(text, {})]),
      ),
      richText([run(footer, { size: 'Small', isSubtle: true })]),
    ],
    ...(link !== undefined && {
      actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }],
    }),
  }
  return {
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card },
    ],
  }
}

function richText(inlines: readonly object[]) {
  return { type: 'RichTextBlock', inlines }
}

function run(text: string, style: object) {
  return { type: 'TextRun', text: cut(text, TEXT_LENGTH), ...style }
}
