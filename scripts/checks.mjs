// The static checks of `npm run check`, in the order of their speed.
import { pnpmArgs, run, say } from './toolchain.mjs'

const TYPESCRIPT = ['--disable-warning=ExperimentalWarning', '--conditions=@flaghoist/source']
const CODE = ['packages', 'examples', 'scripts', 'deploy', 'bench', 'test-support']

/** Checks of the sources as they are. */
export const SOURCE_CHECKS = [
  {
    name: 'lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--max-diagnostics=60', '.'],
    hint: 'Run `npm run fix`, then mend by hand what it leaves.',
  },
  {
    name: 'import directions',
    args: [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config=scripts/import-rules.mjs',
      ...CODE,
    ],
    hint: 'See the rule in scripts/import-rules.mjs.',
  },
  {
    name: 'unused code',
    args: ['node_modules/knip/bin/knip.js', '--no-config-hints'],
    hint: 'Delete it, or name an entry in knip.json.',
  },
]

/** Checks that read what the packages are built to. */
export const BUILT_CHECKS = [
  {
    name: 'packages',
    args: [...TYPESCRIPT, 'scripts/check-packages.ts'],
    hint: 'Mend the package.json of the package.',
  },
  {
    name: 'types',
    args: ['node_modules/typescript/bin/tsc', '-p', '.'],
    hint: 'Mend the types.',
  },
  {
    name: 'types of the packages',
    args: pnpmArgs('-r', '--workspace-concurrency=2', '--reporter=append-only', 'run', 'check'),
    hint: 'Mend the types.',
  },
]

/** Formats the code and applies the fixes that are safe. */
export const FIX = ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.']

/** Runs checks one after the other; stops at the first that fails. */
export function runChecks(tools, checks) {
  for (const { name, args, hint } of checks) {
    say(name)
    if (run(tools.node, args, { env: tools.env }) === 0) continue
    console.error(`\n[flaghoist] The check of ${name} failed. ${hint}\n`)
    process.exit(1)
  }
}
