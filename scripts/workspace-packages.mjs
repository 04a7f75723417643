import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './toolchain.mjs'

const manifests = readdirSync(join(ROOT, 'packages')).map((folder) => ({
  folder,
  ...JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8')),
}))

/**
 * Returns the folders of packages and of all that they depend on, directly or not. A package that
 * another one contains is a dependency of its development.
 *
 * @param {readonly string[]} folders
 * @returns {string[]}
 */
export function withDependencies(folders) {
  const found = new Set(folders)
  // A set also visits the members that are added meanwhile.
  for (const folder of found) {
    const { dependencies, devDependencies } = manifests.find((one) => one.folder === folder)
    const needed = { ...dependencies, ...devDependencies }
    for (const { folder: below, name } of manifests) if (name in needed) found.add(below)
  }
  return [...found]
}
