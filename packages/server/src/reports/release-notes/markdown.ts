import { plainText } from '../../http/markdown.ts'
import type { ReleaseNotes } from './schemas.ts'

const TITLES = {
  released: 'New',
  changed: 'Changed',
  started: 'Started with some of your users',
  withdrawn: 'Withdrawn',
} as const

/** Returns release notes as a page for the customer. */
export function notesMarkdown({ instance, from, to, items }: ReleaseNotes): string {
  const parts = Object.entries(TITLES).flatMap(([kind, title]) => {
    const own = items.filter((item) => item.kind === kind)
    const lines = own.map((item) => `- ${plainText(item.title)} (${item.at.slice(0, 10)})`)
    return own.length === 0 ? [] : [[`## ${title}`, '', ...lines].join('\n')]
  })
  const period = `From ${from.slice(0, 10)} to ${to.slice(0, 10)}.`
  const body = parts.length === 0 ? ['Nothing changed.'] : parts
  return `${[`# Release notes for ${plainText(instance)}`, period, ...body].join('\n\n')}\n`
}
