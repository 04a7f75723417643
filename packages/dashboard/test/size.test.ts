import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DIST, manifest } from './chunks.ts'

const FIRST_LOAD = 60_000
const SCREEN = 30_000

/** Files that the browser loads for a source file, with the chunks that it imports. */
function filesOf(source: string, found = new Set<string>()): ReadonlySet<string> {
  const { file, css = [], imports = [] } = manifest[source]!
  if (found.has(file)) return found
  for (const one of [file, ...css]) found.add(one)
  for (const imported of imports) filesOf(imported, found)
  return found
}

const gzipped = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file))).length, 0)

const first = new Set([...filesOf('index.html'), ...filesOf('src/screens/home/HomeScreen.svelte')])
const later = Object.keys(manifest)
  .filter((source) => source.startsWith('src/'))
  .map((source) => {
    const added = [...filesOf(source)].filter((file) => !first.has(file))
    return { source, bytes: gzipped(added) }
  })

describe('the size of the dashboard, gzip', () => {
  test(`of the first screen is at most ${FIRST_LOAD} bytes`, () => {
    const bytes = gzipped(first)
    console.log(`First screen: ${bytes} bytes`)
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThanOrEqual(FIRST_LOAD)
  })

  test.for([
    ['a rollout with its plot', 'screens/rollout/RolloutScreen', 'screens/rollout/HealthPlot'],
    ['a flag with its rules', 'screens/flag/FlagScreen', 'rules/RulesEditor'],
  ])(`of %s is at most ${SCREEN} bytes more`, ([, ...names]) => {
    const files = new Set(names.flatMap((name) => [...filesOf(`src/${name}.svelte`)]))
    expect(gzipped([...files].filter((file) => !first.has(file)))).toBeLessThanOrEqual(SCREEN)
  })

  test.for(later)(`of $source is at most ${SCREEN} bytes more`, ({ bytes }) => {
    expect(bytes).toBeLessThanOrEqual(SCREEN)
  })
})
