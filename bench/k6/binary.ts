import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '1.8.1'
const FOLDER = fileURLToPath(new URL(`../../.toolchain/k6-${VERSION}`, import.meta.url))

/**
 * Returns the command of k6: the pinned version, which is built once where Go is, else the one on
 * the PATH.
 * @throws {Error} with the way to get it
 */
export function findK6(): string {
  const pinned = join(FOLDER, 'k6')
  if (existsSync(pinned) || build()) return pinned
  if (isOnPath('k6', 'version')) return 'k6'
  throw new Error(
    `k6 is not installed. Install Go, so that this command builds k6 ${VERSION}, or put k6 on the PATH.`,
  )
}

function build(): boolean {
  if (!isOnPath('go', 'version')) return false
  console.error(`Building k6 ${VERSION} with Go, some minutes once …`)
  const { status } = spawnSync('go', ['install', `go.k6.io/k6@v${VERSION}`], {
    env: { ...process.env, GOBIN: FOLDER },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return status === 0
}

function isOnPath(command: string, argument: string): boolean {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0
}
