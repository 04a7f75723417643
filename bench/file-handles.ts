import { execFileSync } from 'node:child_process'

/** @throws {Error} if a process may not open this number of files */
export function requireFileHandles(count: number): void {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }))
  if (limit < count) throw new Error(`A process may open ${limit} files. Run ulimit -n ${count}.`)
}
