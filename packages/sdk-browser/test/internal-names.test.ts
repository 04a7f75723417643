import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { INTERNAL_NAMES } from '../build/internal-names.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const folder = (path: string) =>
  readdirSync(new URL(path, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => read(path + name))
const identifiers = (text: string) =>
  new Set(
    text
      .replace(/\/\*.*?\*\//gs, '')
      .replace(/\/\/.*$/gm, '')
      .match(/[A-Za-z_$][\w$]*/g),
  )

const code = identifiers(
  [...folder('../src/'), ...folder('../../client/src/'), ...folder('../../core/src/')].join('\n'),
)
/** Members of the public API and of the wire format. */
const fixed = new Set([
  ...identifiers(
    [
      '../../core/src/ruleset/wire.ts',
      '../../client/src/flags.ts',
      '../../client/src/options.ts',
      '../src/index.ts',
    ]
      .map((path) => read(path).replace(/^import .*$/gm, ''))
      .join('\n'),
  ),
  ...[...read('../../../docs/openapi.json').matchAll(/"(\w+)":/g)].map(([, name]) => name),
])

test('every shortened name is used, and none is public or sent', () => {
  expect(INTERNAL_NAMES.filter((name) => !code.has(name))).toEqual([])
  expect(INTERNAL_NAMES.filter((name) => fixed.has(name))).toEqual([])
})
