/**
 * The prose of a Markdown document: paragraphs, list items, table cells and headings, without code.
 *
 * @returns {{ kind: import('./rules.mjs').Kind, start: number, text: string }[]}
 */
export function textsOfMarkdown(document) {
  const prose = withoutFences(document)
  const texts = []
  for (const match of prose.matchAll(/[^\n]+(\n(?!\s*([-*|#>]|\d+\.)\s?)[^\n]+)*/g)) {
    const [text] = match
    if (/^\s*\|/.test(text)) texts.push(...cellsOf(text, match.index))
    else if (/^#+ /.test(text)) texts.push({ kind: 'heading', start: match.index, text })
    else if (text.trim() !== '') texts.push({ kind: 'prose', start: match.index, text })
  }
  return texts
}

/** Blanks code fences, HTML comments and front matter, so that offsets stay. */
export function withoutFences(document) {
  const blank = (found) => found.replace(/[^\n]/g, ' ')
  return document
    .replace(/^---\n[\s\S]*?\n---\n/, blank)
    .replace(/^( *)(`{3,}|~{3,})[\s\S]*?^ *\2[^\n]*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
}

function cellsOf(row, start) {
  const cells = []
  let at = start
  for (const cell of row.split(/(?<!\\)\|/)) {
    if (/[a-z]/i.test(cell)) cells.push({ kind: 'prose', start: at, text: cell })
    at += cell.length + 1
  }
  return cells
}
