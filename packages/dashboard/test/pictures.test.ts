import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DOCUMENT_PICTURES, PICTURES, unpictured } from '../demo/pictures.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const FOLDER = join(ROOT, 'docs/pictures')

describe('the pictures of the dashboard', () => {
  test('show every screen', () => {
    expect(unpictured(PICTURES)).toEqual([])
    const withoutLog = PICTURES.filter(({ url }) => url !== '/log')
    expect(unpictured(withoutLog)).toEqual(['/log'])
  })

  test('have names of their own', () => {
    for (const names of [PICTURES, DOCUMENT_PICTURES].map((all) => all.map(({ name }) => name)))
      expect(new Set(names).size).toBe(names.length)
  })

  test('are in the guide, and have at most 1 MB together', () => {
    const guide = readFileSync(join(ROOT, 'docs/guide/dashboard.md'), 'utf8')
    const files = readdirSync(FOLDER)
    expect(files.toSorted()).toEqual(DOCUMENT_PICTURES.map(({ name }) => `${name}.png`).toSorted())
    expect(files.filter((file) => !guide.includes(`](../pictures/${file})`))).toEqual([])
    const bytes = files.reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0)
    expect(bytes).toBeLessThanOrEqual(1_000_000)
  })
})
