import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folder of the built dashboard. */
export const DIST = new URL('../dist/', import.meta.url).pathname

interface Chunk {
  readonly file: string
  readonly css?: readonly string[]
  readonly imports?: readonly string[]
}

/** The built files by their sources, such as `src/kill/KillDialog.svelte`. */
export const manifest: Readonly<Record<string, Chunk>> = JSON.parse(
  readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'),
)

/** Returns a check for the URL of the code of a source, whose name is a hash. */
export function isCodeOf(source: string): (response: { url(): string }) => boolean {
  const { file } = manifest[source]!
  return (response) => response.url().endsWith(`/${file}`)
}
