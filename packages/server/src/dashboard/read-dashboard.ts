import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built dashboard. */
export interface Dashboard {
  /** The page that loads everything else. */
  readonly page: string
  /** Folder of its files, whose names contain their hashes. */
  readonly assets: string
  /** Names of its files. */
  readonly names: ReadonlySet<string>
}

/** Folders of the built dashboard: beside the built server, and beside the server's sources. */
const FOLDERS = ['./dashboard/', '../../../dashboard/dist/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)
const PLACEHOLDER = '<base href="/">'

/**
 * Reads the built dashboard. Its page learns the path below which browsers reach the server.
 * @returns undefined where no dashboard was built
 */
export function readDashboard(
  publicPath: string,
  folders: readonly string[] = FOLDERS,
): Dashboard | undefined {
  const folder = folders.find((one) => existsSync(join(one, 'index.html')))
  if (folder === undefined) return undefined
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
  const assets = join(folder, 'assets')
  return {
    page: page.replace(PLACEHOLDER, () => `<base href="${publicPath}">`),
    assets,
    names: new Set(readdirSync(assets)),
  }
}
