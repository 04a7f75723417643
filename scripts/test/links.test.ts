import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { pageOf } from '../../docs/.vitepress/pages.ts'
import { anchorsOf, linksOf, slugOf } from '../links/links.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** Every Markdown document of the repository, committed or about to be. */
const DOCUMENTS = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)))

test.for(DOCUMENTS)('every link and anchor of %s is alive', (path) => {
  const dead = linksOf(path, read(path)).filter(({ target, anchor }) => {
    // A site has no page for a folder.
    if (!statSync(join(ROOT, target), { throwIfNoEntry: false })?.isFile()) return true
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).has(anchor)
  })

  expect(dead.map(({ line, href }) => `${path}:${line} ${href}`)).toEqual([])
})

test('every document has its own page on the site', () => {
  const pages = DOCUMENTS.map((path) => pageOf(path))

  expect(pages).toEqual([...new Set(pages)])
  expect(pages).toContain('index.md')
  expect(pages).toContain('guide/adopt.md')
  expect(pages).toContain('packages/sdk-node.md')
})

describe('links of Markdown', () => {
  test.for([
    ['Old path, new path', 'old-path-new-path'],
    ['The `on` member & others', 'the-on-member--others'],
    ['KEY_REFUSED', 'key_refused'],
    ['3. Größe', '3-größe'],
  ] as const)('have the anchor of "%s"', ([heading, slug]) => {
    expect(slugOf(heading)).toBe(slug)
  })

  test('skip code, other hosts and nothing else', () => {
    const text =
      '[a](../b.md#c) `[code](d.md)`\n```\n[x](y.md)\n```\n[e](https://f.example) [g](#h)\n[i]: j.md'

    expect(linksOf('docs/a/z.md', text)).toEqual([
      { line: 1, href: '../b.md#c', target: 'docs/b.md', anchor: 'c' },
      { line: 5, href: '#h', target: 'docs/a/z.md', anchor: 'h' },
      { line: 6, href: 'j.md', target: 'docs/a/j.md', anchor: undefined },
    ])
  })

  test('find headings that occur twice, and explicit ids', () => {
    expect([...anchorsOf('# A b\n## A b\n<a id="x"></a>\n```\n# no\n```\n')]).toEqual([
      'a-b',
      'a-b-1',
      'x',
    ])
  })
})
