import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withDependencies } from '../workspace-packages.mjs'

const PACKAGES = new URL('../../packages', import.meta.url).pathname
const FOLDERS = readdirSync(PACKAGES)
const NAMES = new Map(
  FOLDERS.map((folder) => {
    const manifest = readFileSync(join(PACKAGES, folder, 'package.json'), 'utf8')
    return [(JSON.parse(manifest) as { name: string }).name, folder]
  }),
)

/** The pages of the dashboard import no package, and show programs that do. */
const PAGES = /(^|\/)assets\//

/** Returns the folders of the packages that the built files of a package import. */
function importedBy(folder: string): readonly string[] {
  const dist = join(PACKAGES, folder, 'dist')
  const code = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?js$/.test(name) && !PAGES.test(name))
    .map((name) => readFileSync(join(dist, name), 'utf8'))
    .join('\n')
  const imports = code.matchAll(/(?:from |import\(|require\(|import )["'](@flaghoist\/[a-z]+)/g)
  return [...new Set([...imports].map(([, name]) => NAMES.get(name!)!))]
}

test('the imports of built files are found', () => {
  expect(importedBy('server')).toEqual(expect.arrayContaining(['core', 'health']))
})

test.each(FOLDERS)('%s is built together with every package that it imports', (folder) => {
  expect(withDependencies([folder])).toEqual(expect.arrayContaining([...importedBy(folder)]))
})
