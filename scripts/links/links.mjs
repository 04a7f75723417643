import { dirname, join, normalize } from 'node:path/posix'
import { withoutFences } from '../voice/markdown.mjs'

/** Returns the anchor of a heading, as GitHub and the documentation site derive it. */
export function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

/** Returns the anchors of a Markdown document: its headings and explicit ids. */
export function anchorsOf(document) {
  const prose = withoutFences(document)
  const anchors = new Set()
  for (const [, heading] of prose.matchAll(/^#{1,6} +(.+?)\s*#*$/gm)) {
    const slug = slugOf(heading)
    let anchor = slug
    for (let i = 1; anchors.has(anchor); i += 1) anchor = `${slug}-${i}`
    anchors.add(anchor)
  }
  for (const [, id] of prose.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id)
  return anchors
}

/** Returns the links within the repository, each with its line, target path and anchor. */
export function linksOf(path, document) {
  const prose = withoutFences(document).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))
  const links = []
  for (const match of prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]: *(\S+)/gm)) {
    const href = match[1] ?? match[2]
    if (/^[a-z][a-z+.-]*:|^\/\//i.test(href)) continue
    const [file, anchor] = href.split('#')
    const target = file === '' ? path : normalize(join(dirname(path), decodeURI(file)))
    links.push({ line: prose.slice(0, match.index).split('\n').length, href, target, anchor })
  }
  return links
}
