import { createRequire } from 'node:module'
import { join } from 'node:path'

// Resolved from the working directory, so that the check runs on every worktree.
const ts = createRequire(join(process.cwd(), 'package.json'))('typescript')

const KIND_OF_MEMBER = {
  summary: 'summary',
  message: 'error',
  hint: 'error',
  error: 'error',
  description: 'description',
  help: 'description',
}

/**
 * Every comment and every prose string of a TypeScript or JavaScript source.
 *
 * @returns {{ kind: import('./rules.mjs').Kind, start: number, text: string }[]}
 */
export function textsOfSource(code, fileName = 'source.ts') {
  const source = ts.createSourceFile(fileName, code, ts.ScriptTarget.Latest, true)
  return [...commentsOf(source), ...stringsOf(source)].sort((a, b) => a.start - b.start)
}

/** Script blocks, HTML comments and visible text of a Svelte component. */
export function textsOfSvelte(code) {
  const texts = []
  const blank = (found) => found.replace(/[^\n]/g, ' ')
  const markup = code
    .replace(/<script[^>]*>([\s\S]*?)<\/script>/g, (found, script, at) => {
      const inside = at + found.indexOf(script)
      for (const text of textsOfSource(script)) texts.push({ ...text, start: inside + text.start })
      return blank(found)
    })
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, blank)
    .replace(/<!--([\s\S]*?)-->/g, (found, text, at) => {
      texts.push({ kind: 'comment', start: at + 4, text })
      return blank(found)
    })
  for (const match of markup.matchAll(/>([^<>{}]+)</g))
    if (isProse(match[1])) texts.push({ kind: 'prose', start: match.index + 1, text: match[1] })
  return texts
}

function commentsOf(source) {
  const code = source.text
  const found = new Map()
  const visit = (node) => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode)
      return
    const ranges = [
      ...(ts.getLeadingCommentRanges(code, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(code, node.pos) ?? []),
    ]
    if (node.getChildCount(source) === 0) for (const range of ranges) found.set(range.pos, range)
    for (const child of node.getChildren(source)) visit(child)
  }
  visit(source)
  return joined(
    [...found.values()].sort((a, b) => a.pos - b.pos),
    code,
  )
}

/** Lines of `//` below one another are one text. */
function joined(ranges, code) {
  const texts = []
  let end = -1
  for (const { pos, end: stop } of ranges) {
    const raw = code.slice(pos, stop)
    const isLine = raw.startsWith('//')
    const between = end < 0 ? 'x' : code.slice(end, pos)
    const last = texts.at(-1)
    if (isLine && last?.isLine && /^\r?\n[ \t]*$/.test(between))
      last.text += `${between}  ${raw.slice(2)}`
    else texts.push({ kind: kindOf(raw), start: pos, text: bodyOf(raw), isLine })
    end = stop
  }
  return texts.map(({ kind, start, text }) => ({ kind, start, text }))
}

const kindOf = (raw) => (raw.startsWith('/**') ? 'docstring' : 'comment')

/** The words of a comment, its marks and examples blanked so that offsets stay. */
function bodyOf(raw) {
  const blank = (found) => found.replace(/[^\n]/g, ' ')
  if (raw.startsWith('//')) return `  ${raw.slice(2)}`
  return raw
    .replace(/^\/\*+|\*+\/$/g, blank)
    .replace(/^[ \t]*\*/gm, blank)
    .replace(/@example[\s\S]*?(?=^\s*@|$(?![\s\S]))/gm, blank)
    .replace(/```[\s\S]*?```/g, blank)
    .replace(/^(\s*)@(param|returns?|typedef|type|see|default)\b[^\n]*/gm, blank)
}

function stringsOf(source) {
  const texts = []
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return
    const text = textOf(node)
    if (text !== undefined && isProse(text))
      texts.push({ kind: kindOfString(node), start: node.getStart(source) + 1, text })
    if (text === undefined || ts.isTemplateExpression(node)) ts.forEachChild(node, visit)
  }
  visit(source)
  return texts
}

function textOf(node) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map((span) => `{…}${span.literal.text}`).join('')
}

function kindOfString(node) {
  const { parent } = node
  if (ts.isPropertyAssignment(parent) && parent.initializer === node)
    return KIND_OF_MEMBER[parent.name.text ?? ''] ?? 'string'
  const callee = ts.isCallExpression(parent) ? parent.expression : undefined
  if (callee && ts.isPropertyAccessExpression(callee) && callee.name.text === 'describe')
    return 'description'
  return 'string'
}

/** Three words or more; a key, a path or SQL is not prose. */
function isProse(text) {
  if (/^(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|WITH|ALTER|BEGIN)\b/.test(text.trim()))
    return false
  return (text.match(/[A-Za-z']{2,}(?=[\s.,;:!?]|$)/g) ?? []).length >= 3 && /\s/.test(text.trim())
}
