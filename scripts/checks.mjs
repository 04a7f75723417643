// The static checks of `npm run check`, in the order of their speed.
import { pnpmArgs, run, say } from './toolchain.mjs'

const TYPESCRIPT = ['--disable-warning=ExperimentalWarning', '--conditions=@flaghoist/source']
const CODE = ['packages', 'examples', 'scripts', 'deploy', 'bench', 'test-support']

/** Checks that need no build. */
export const SOURCE_CHECKS = [
  {
    name: 'lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--max-diagnostics=60', '.'],
    hint: 'Run `npm run fix`, then fix the rest by hand.',
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
  {
    name: 'voice',
    args: ['scripts/check-voice.mjs'],
    hint: 'Rewrite the text as the rule says; the glossary has the words.',
  },
]

/** Checks that read the built packages. */
export const BUILT_CHECKS = [
  {
    name: 'packages',
    args: [...TYPESCRIPT, 'scripts/check-packages.ts'],
    hint: 'Fix the package.json of the package.',
  },
  {
    name: 'types',
    args: ['node_modules/typescript/bin/tsc', '-p', '.'],
    hint: 'Fix the types.',
  },
  {
    name: 'types of the packages',
    args: pnpmArgs('-r', '--workspace-concurrency=2', '--reporter=append-only', 'run', 'check'),
    hint: 'Fix the types.',
  },
]

/** The command that formats the code and applies the safe fixes. */
export const FIX = ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.']

/** Runs checks in turn; the first failure ends the process. */
export function runChecks(tools, checks) {
  for (const { name, args, hint } of checks) {
    say(name)
    if (run(tools.node, args, { env: tools.env }) === 0) continue
    console.error(`\n[flaghoist] The check of ${name} failed. ${hint}\n`)
    process.exit(1)
  }
}
