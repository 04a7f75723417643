import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Pair, pairsOf } from './compare.ts'
import { median } from './evaluate/measure.ts'
import { machine } from './evaluate/table.ts'
import { markdownTable, type Run, readRun } from './figures.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface CommitsOptions {
  readonly commits: readonly [string, string]
  readonly subject: string
  readonly rounds: number
}

/**
 * Measures a subject at two commits in turn, with the benchmark of this checkout, and returns a
 * table of the ratios.
 */
export function compareCommits({ commits, subject, rounds }: CommitsOptions): string {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-commits-'))
  const checkouts = commits.map((commit, i) => ({ commit, path: join(folder, 'ab'[i]!) }))
  try {
    for (const { commit, path } of checkouts) checkOut(commit, path)
    const pairs: (readonly Pair[])[] = []
    for (let round = 0; round < rounds; round += 1) {
      const [a, b] = checkouts as [Checkout, Checkout]
      const file = join(folder, `${round}.json`)
      // Each round begins with the other commit, so that neither profits from a warm machine.
      const order = round % 2 === 0 ? [a, b] : [b, a]
      const runs = new Map(order.map(({ path }) => [path, measure(path, subject, file)]))
      pairs.push(pairsOf(runs.get(a.path)!, runs.get(b.path)!))
    }
    return render(pairs, { commits, subject, rounds })
  } finally {
    // Removing a checkout that could not be added would hide the failure.
    for (const { path } of checkouts.filter((one) => existsSync(one.path)))
      git('worktree', 'remove', '--force', path)
    rmSync(folder, { recursive: true })
  }
}

interface Checkout {
  readonly commit: string
  readonly path: string
}

/** Checks a commit out, with the tools and the benchmark of this checkout. */
function checkOut(commit: string, path: string): void {
  git('worktree', 'add', '--detach', path, commit)
  symlinkSync(join(ROOT, '.toolchain'), join(path, '.toolchain'))
  rmSync(join(path, 'bench'), { recursive: true, force: true })
  cpSync(join(ROOT, 'bench'), join(path, 'bench'), {
    recursive: true,
    filter: (source) => basename(source) !== 'node_modules',
  })
}

function measure(path: string, subject: string, file: string): Run {
  const args = ['scripts/run.mjs', 'bench', subject, '--quick', '--json', file]
  const { status } = spawnSync(process.execPath, args, {
    cwd: path,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // A broken promise ends a run with 1, and its figures are written all the same.
  if (status !== 0 && status !== 1) throw new Error(`${subject} could not be measured in ${path}.`)
  const run = readRun(file)
  rmSync(file)
  return run
}

function render(rounds: readonly (readonly Pair[])[], options: CommitsOptions): string {
  const rows = rounds[0]!.map(({ figure, contender }, i) => {
    const ratios = rounds.map((pairs) => pairs[i]!.ratio)
    return [
      `${figure.name}, ${figure.unit}: ${contender}`,
      `${median(ratios).toFixed(3)}×`,
      `${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)}×`,
      figure.better,
    ]
  })
  const [before, after] = options.commits
  const head = `${machine()}; ${options.rounds} interleaved runs of \`${options.subject} --quick\` at each commit.`
  return `${head}\n\n${markdownTable(['', `${after} / ${before}`, 'range', 'better'], rows)}`
}

function git(...args: readonly string[]): void {
  execFileSync('git', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
}
