/**
 * The kinds of text that the rules tell apart.
 *
 * @typedef {'docstring' | 'comment' | 'error' | 'summary' | 'description' | 'string' | 'prose' |
 * 'heading'} Kind
 */

const QUESTION_WORDS = /^(what|who|whom|whose|whoever|whomever|whatever|whether|that which)\b/i
const CLAUSE_WORDS = /^(how|why|where|when)\b(?![^.]*,)/i
const VAGUE_VERBS = /^(gives|answers|tells|says|takes(?! (over|effect|place))|goes|makes sure)\b/i
const DESCRIBES = new Set(['docstring', 'summary', 'description', 'string'])
const IS_SHORT = new Set(['error', 'summary'])
const IS_CODE_OR_PROSE = new Set(['string', 'prose'])
const MOST_WORDS = 20

/**
 * Verbs that turn "what" into the subject of a riddle; "what happened" and "what it means" pass.
 */
const RIDDLE_VERBS =
  'is|was|are|were|has|had|have|may|can|cannot|must|will|would|does|answers|asks|belongs|came|comes|' +
  'counts|depends|differs|falls|fits|follows|gets|goes|holds|keeps|lasts|leaves|lies|makes|needs|' +
  'remains|says|serves|stands|stays|takes|went|works'

/** Phrases that a reader has to decode, each with its cure. */
const RIDDLES = [
  [/\b(him|her)self\b/i, 'stay neutral: "code that handles its own errors"'],
  [/\bso much\b/i, 'name the quantity'],
  [new RegExp(`\\bwhat (${RIDDLE_VERBS})\\b`, 'i'), 'use the noun for it'],
  [/\b(what|all|everything) (that )?there (is|are)\b/i, 'name the things'],
  [/\bthat there (is|are)\b/i, 'name the things'],
  [/\b(gives?|gave|given) back\b/i, 'say "returns", "restores" or "inherits"'],
  [/\b(is|are|was|were|be|been|being) told\b/i, 'say who sends or reports to whom'],
  [/\b(whoever|whomever|whom)\b/i, 'name the client, key or person'],
  [/\bthat which\b/i, 'use a noun'],
  [/(^\s*|[:;(] |\b(for|of|to|by|from|with|and) )who\b/i, 'name the client, key or person'],
  [/\bthe ones? (that|who|which)\b/i, 'repeat the noun'],
  [/\bas (it|they) (is|are|was|were)\b(?! [a-z]+ed\b)/i, 'say "unchanged" or "as received"'],
  [/\b(can|be|is|are|was|were)(not)? meant\b/i, 'say "valid", "intended" or "refers to"'],
  [/\bmend(s|ed|ing)?\b/i, 'say "fix"'],
  [/\bno other than\b/i, 'say "only"'],
  [/\bis nothing without\b/i, 'say "set both or neither"'],
  [/\b(any|every|no|some)body\b/i, 'name the unit, client or person'],
]

/** Words that the glossary replaces. Names of code stand in backticks and pass. */
const NEVER = [
  [/\btoggles?\b|\bfeature (gates?|switch(es)?)\b/i, 'flag'],
  [/\bvariations?\b/i, 'variant'],
  [/\bcohorts?\b|\b(activation|rollout) strateg(y|ies)\b/i, 'segment or rule'],
  [/\btenants?\b/i, 'instance'],
  [/\bdata ?files?\b/i, 'ruleset'],
  [/\bimpressions?\b/i, 'exposure'],
  [/\bcanar(y|ies)\b/i, 'rollout'],
]

/**
 * The faults of one text, each with the offset where it stands.
 *
 * @param {Kind} kind
 * @param {string} text
 * @returns {{ offset: number, rule: string, found: string }[]}
 */
export function faultsOf(kind, text) {
  const prose = withoutCode(text)
  const faults = []
  for (const [pattern, cure] of RIDDLES) faults.push(...matches(prose, pattern, `riddle: ${cure}`))
  for (const [pattern, word] of NEVER)
    faults.push(...matches(prose, pattern, `glossary: the word is "${word}"`))
  if (kind === 'heading') return faults

  for (const sentence of sentences(prose)) faults.push(...faultsOfSentence(kind, sentence))
  return faults
}

function faultsOfSentence(kind, { offset, text, isFirst }) {
  const faults = []
  const fault = (rule) => faults.push({ offset, rule, found: text.slice(0, 60) })
  const isCapital = /^[A-Z]/.test(text)
  if (isCapital && QUESTION_WORDS.test(text) && !text.endsWith('?'))
    fault('start: use a noun phrase or a verb, not a question word')
  if (isFirst && isCapital && DESCRIBES.has(kind) && CLAUSE_WORDS.test(text))
    fault('start: use a noun phrase or a verb, not a clause')
  if (isFirst && isCapital && kind !== 'comment' && DESCRIBES.has(kind) && VAGUE_VERBS.test(text))
    fault('verb: say "returns", "sends", "records", "throws"')
  if (IS_SHORT.has(kind) && text.split(/\s+/).length > MOST_WORDS)
    fault(`length: a sentence of an error or summary has at most ${MOST_WORDS} words`)
  if (!IS_CODE_OR_PROSE.has(kind) && (text.match(/;/g) ?? []).length > 1)
    fault('semicolons: one idea a sentence')
  return faults
}

function matches(text, pattern, rule) {
  // A phrase may go over the end of a line.
  const all = new RegExp(pattern.source.replaceAll(' ', '\\s+'), `${pattern.flags}g`)
  return [...text.matchAll(all)].map((match) => ({
    offset: match.index,
    rule,
    found: text.slice(Math.max(0, match.index - 20), match.index + match[0].length + 20).trim(),
  }))
}

/** Blanks code spans, link targets and comments, so that offsets stay. */
function withoutCode(text) {
  const blank = (found) => `${found[0]}${'_'.repeat(Math.max(0, found.length - 2))}${found.at(-1)}`
  return text
    .replace(/(`+)[^`]+\1/g, blank)
    .replace(/\]\([^)\s]+\)/g, blank)
    .replace(/https?:\/\/[^\s)>\]]+/g, blank)
}

function sentences(text) {
  const found = []
  let offset = 0
  for (const part of text.split(/((?<=[.!?:][)*_"]*)\s+|\n\s*\n)/)) {
    const sentence = part.replace(/^[\s*_(["'>-]+/, '')
    if (sentence.trim() !== '')
      found.push({
        offset: offset + part.length - sentence.length,
        text: sentence.trim(),
        isFirst: found.length === 0,
      })
    offset += part.length
  }
  return found
}
