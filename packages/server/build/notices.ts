import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Returns the names, versions and licences of the packages that a bundle contains copies of.
 * @param files the sources of the bundle
 * @throws {Error} for a package without a file of its licence
 */
export function noticesOf(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => FOLDER.exec(file)?.[0] ?? []))
  return [...folders]
    .map(noticeOf)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** The folder of an installed package. */
const FOLDER = /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one))
  if (file === undefined) throw new Error(`${name} is bundled, but has no file of its licence.`)
  const text = readFileSync(join(folder, file), 'utf8').trim()
  return `${name} ${version} (${license})\n\n${text}\n`
}
