import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const DOCUMENT = fileURLToPath(new URL('../docs/reference/benchmarks.md', import.meta.url))

/** Replaces the section of the document between the markers of a subject. */
export function writeSection(subject: string, markdown: string): void {
  const document = readFileSync(DOCUMENT, 'utf8')
  const [start, end] = [`<!-- bench:${subject} -->`, `<!-- /bench:${subject} -->`]
  const [from, to] = [document.indexOf(start), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`There is no ${start} in ${DOCUMENT}.`)
  const head = document.slice(0, from + start.length)
  writeFileSync(DOCUMENT, `${head}\n\n${markdown}\n\n${document.slice(to)}`)
}
