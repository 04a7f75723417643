import { statSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { linksOf } from '../../scripts/links/links.mjs'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Documents outside of `docs/` and their place on the site. */
const PLACES: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
  'CHANGELOG.md': 'changelog.md',
  'conformance/README.md': 'reference/conformance.md',
  'bench/README.md': 'reference/bench.md',
}

/** Returns the page of a document: `docs/guide/adopt.md` → `guide/adopt.md`. */
export function pageOf(path: string): string {
  if (path in PLACES) return PLACES[path]!
  const [group, ...rest] = path.split('/')
  if (group === 'docs') return rest.join('/')
  const [name] = rest
  return rest[1] === 'README.md' ? `${group}/${name}.md` : path
}

/**
 * Returns the address of a relative link on the site. Links in Markdown point to files of the
 * repository, so that they also work where the repository is browsed.
 */
export function addressOf(sourcePath: string, href: string): string {
  const path = relative(ROOT, sourcePath)
  const [link] = linksOf(path, `[](${href})`)
  if (link === undefined || href.startsWith('#')) return href
  const { target, anchor } = link
  const isFile = statSync(join(ROOT, target), { throwIfNoEntry: false })?.isFile()
  if (!isFile) throw new Error(`${path}: ${href} is not a file`)
  const address = isPage(target) ? pageOf(target) : fileOf(target)
  return `/${address}${anchor === undefined ? '' : `#${anchor}`}`
}

/** Documents in hidden folders are for maintainers: they are no pages. */
const isPage = (path: string) => path.endsWith('.md') && !/(^|\/)\./.test(path)

/** Files other than pages that pages link to, and their place on the site. */
export const linkedFiles = new Map<string, string>()

function fileOf(path: string): string {
  // VitePress takes a file for a page unless it knows the extension.
  const isKnown = ['.json', '.svg', '.png', '.txt'].includes(extname(path))
  const place = `files/${path}${isKnown ? '' : '.txt'}`
  linkedFiles.set(path, place)
  return place
}
