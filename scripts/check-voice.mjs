#!/usr/bin/env node
// Checks that the texts of the project follow its voice: node scripts/check-voice.mjs [paths…]
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { textsOfMarkdown } from './voice/markdown.mjs'
import { textsOfPython } from './voice/python.mjs'
import { faultsOf } from './voice/rules.mjs'
import { textsOfSource, textsOfSvelte } from './voice/source.mjs'

const WIDTH = 100
const IS_TEST = /\.test\.ts$|\.contract\.ts$|(^|\/)test\/|^test-support\//
// The rules quote the words that they refuse; the error page is generated from checked sources.
const IS_EXEMPT = /(^|\/)scripts\/voice\/|^docs\/errors\.md$/

const READERS = {
  ts: textsOfSource,
  mjs: textsOfSource,
  svelte: textsOfSvelte,
  py: textsOfPython,
  md: textsOfMarkdown,
}

/** Faults of one file as lines of text: `path:line rule: text`. */
export function checkFile(path, content) {
  const texts = READERS[path.split('.').at(-1)](content)
  const isMarkdown = path.endsWith('.md')
  const found = isMarkdown ? [] : texts.flatMap((text) => tooWide(text, content))
  if (!IS_TEST.test(path))
    for (const { kind, start, text } of texts)
      for (const fault of faultsOf(kind, text))
        found.push({ ...fault, offset: start + fault.offset })
  return found
    .sort((a, b) => a.offset - b.offset)
    .map(
      ({ offset, rule, found }) => `${path}:${lineAt(content, offset)} ${rule}: ${oneLine(found)}`,
    )
}

function tooWide({ kind, start, text }, content) {
  if (kind !== 'docstring' && kind !== 'comment') return []
  const faults = []
  let at = content.lastIndexOf('\n', start) + 1
  while (at < start + text.length) {
    const end = content.indexOf('\n', at) < 0 ? content.length : content.indexOf('\n', at)
    const line = content.slice(at, end)
    if (line.length > WIDTH && !/https?:\/\//.test(line))
      faults.push({ offset: at, rule: `width: ${line.length} columns`, found: line.trim() })
    at = end + 1
  }
  return faults
}

const lineAt = (content, offset) => content.slice(0, offset).split('\n').length
const oneLine = (text) => text.replace(/\s+/g, ' ').slice(0, 100)

function main(paths) {
  const git = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...paths]
  const files = execFileSync('git', git, { encoding: 'utf8' }).trim().split('\n')
  const faults = files
    .filter(
      (path) =>
        (path.split('.').at(-1) ?? '') in READERS && !IS_EXEMPT.test(path) && existsSync(path),
    )
    .flatMap((path) => checkFile(path, readFileSync(path, 'utf8')))
  for (const fault of faults) console.error(fault)
  console.error(`voice: ${faults.length === 0 ? 'clean' : `${faults.length} faults`}`)
  return faults.length === 0 ? 0 : 1
}

if (process.argv[1]?.endsWith('check-voice.mjs')) process.exit(main(process.argv.slice(2)))
