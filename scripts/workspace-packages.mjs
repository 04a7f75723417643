import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './toolchain.mjs'

const manifests = readdirSync(join(ROOT, 'packages')).map((folder) => ({
  folder,
  ...JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8')),
}))

/**
 * Returns the folders of packages and of all that they depend on, directly or not.
 *
 * @param {readonly string[]} folders
 * @returns {string[]}
 */
export function withDependencies(folders) {
  const found = new Set(folders)
  // A set also visits the members that are added meanwhile.
  for (const folder of found) {
    const { dependencies = {} } = manifests.find((one) => one.folder === folder)
    for (const { folder: below, name } of manifests) if (name in dependencies) found.add(below)
  }
  return [...found]
}
