import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

test('creates private folders, and keeps those that exist', () => {
  const root = mkdtempSync(join(tmpdir(), 'flaghoist-folder-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'a', 'b')

  makeFolder(folder)
  makeFolder(folder)

  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('fails in /proc, where no folder can be made', () => {
  // Some systems have no /proc, and refuse to create it.
  expect(() => makeFolder('/proc/flaghoist/data')).toThrow(/mkdir '\/proc/)
})
