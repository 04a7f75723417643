import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The version that ours must work with: the last commit before reports, cursors and defaults
 * changed. At a release, it becomes the commit of the release before.
 */
const COMMIT = '011b08cce2e407f4cc8408a94ebe11912f7df21f'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Returns the folder of the previous version, installed from its own lockfile. Its sources run with
 * `--conditions=@flaghoist/source`.
 */
export function previousVersion(): string {
  const place = createHash('sha256').update(ROOT).digest('hex').slice(0, 12)
  const folder = join(tmpdir(), `flaghoist-${COMMIT.slice(0, 12)}-${place}`)
  const isComplete = () => existsSync(join(folder, COMPLETE))
  if (isComplete()) return folder

  requireCommit()
  const partial = mkdtempSync(`${folder}-`)
  try {
    install(partial)
    renameSync(partial, folder)
  } catch (error) {
    rmSync(partial, { recursive: true })
    // Another test may have made the folder meanwhile.
    if (!isComplete()) throw error
  }
  return folder
}

/** Checks the version out into an empty folder, and installs its dependencies. */
function install(folder: string): void {
  const archive = join(folder, 'previous.tar')
  git('archive', '--format=tar', `--output=${archive}`, COMMIT)
  execFileSync('tar', ['-xf', archive, '-C', folder])
  rmSync(archive)
  execFileSync('pnpm', INSTALL, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(join(folder, COMPLETE), '')
}

/** Exists once the folder is complete. */
const COMPLETE = '.flaghoist-complete'
const INSTALL = [
  'install',
  ...['--frozen-lockfile', '--prefer-offline', '--ignore-scripts', '--reporter=silent'],
  ...['--filter=@flaghoist/server...', '--filter=@flaghoist/node...'],
]

/** A clone without history lacks the commit; it is fetched once. */
function requireCommit(): void {
  const has = () => git('cat-file', '-t', COMMIT).trim() === 'commit'
  try {
    if (has()) return
  } catch {
    // The clone is shallow.
  }
  try {
    git('fetch', '--quiet', '--depth=1', 'origin', COMMIT)
  } catch (cause) {
    const cure = 'Run "git fetch --unshallow", or clone with the full history.'
    throw new Error(`The clone lacks the commit ${COMMIT} of the previous version. ${cure}`, {
      cause,
    })
  }
}

function git(...args: readonly string[]): string {
  // In a container, the clone often belongs to another user.
  const safe = ['-c', `safe.directory=${ROOT.replace(/\/$/, '')}`, '-C', ROOT]
  return execFileSync('git', [...safe, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
