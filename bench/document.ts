import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const DOCUMENT = fileURLToPath(new URL('../docs/reference/benchmarks.md', import.meta.url))

/** Replaces the section of the document between the markers of a subject. */
export function writeSection(subject: string, markdown: string): void {
  const { document, from, to } = findSection(subject)
  writeFileSync(DOCUMENT, `${document.slice(0, from)}\n\n${markdown}\n\n${document.slice(to)}`)
}

/**
 * Returns the document, and where the content of a subject's section begins and ends.
 * @throws {Error} if the document has no markers of the subject
 */
export function findSection(subject: string) {
  const document = readFileSync(DOCUMENT, 'utf8')
  const [start, end] = [`<!-- bench:${subject} -->`, `<!-- /bench:${subject} -->`]
  const [at, to] = [document.indexOf(start), document.indexOf(end)]
  if (at < 0 || to < at)
    throw new Error(`${DOCUMENT} has no section "${subject}". Add ${start} and ${end} to it.`)
  return { document, from: at + start.length, to }
}
