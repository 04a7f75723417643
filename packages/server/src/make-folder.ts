import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a private folder and those above it, where they are missing. The `recursive` of Node.js
 * never returns below `/proc`.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const above = dirname(folder)
  // The root of a drive that Windows does not have is its own parent.
  if (above !== folder) makeFolder(above)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have created it just now.
    if (!existsSync(folder)) throw error
  }
}
