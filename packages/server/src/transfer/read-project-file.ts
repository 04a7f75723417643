import type { Issue } from '@flaghoist/core'
import { createPause } from '../pause.ts'
import { invalidRequest } from '../validation/invalid.ts'
import { readValue } from '../validation/read-value.ts'
import { LISTS, ProjectFile, repeatedKeys } from './project-file.ts'

/** Defects that a response names at most. */
const MAX_ISSUES = 20

/**
 * Reads a project file entity by entity, in turns of the event loop that are short.
 * @throws {FlaghoistError} `REQUEST_INVALID`
 */
export async function readProjectFile(given: unknown): Promise<ProjectFile> {
  if (given === undefined || given === null)
    throw invalidRequest([{ path: '', message: 'The body is missing.' }])
  const lists = listsOf(given)
  const empty = Object.fromEntries(Object.keys(lists).map((name) => [name, []]))
  const { value: file, issues } = readValue(ProjectFile, { ...given, ...empty })
  if (issues !== undefined) throw invalidRequest(issues)
  for (const [name, entities] of Object.entries(lists))
    Object.assign(file, { [name]: await readList(name as keyof typeof LISTS, entities) })
  return file
}

/** The members of a file that are lists of entities. */
function listsOf(given: object): Partial<Record<keyof typeof LISTS, readonly unknown[]>> {
  const entries = Object.entries(given).filter(
    ([name, value]) => Object.hasOwn(LISTS, name) && Array.isArray(value),
  )
  return Object.fromEntries(entries)
}

async function readList(
  name: keyof typeof LISTS,
  entities: readonly unknown[],
): Promise<readonly unknown[]> {
  const pause = createPause()
  const issues: Issue[] = []
  const read: { readonly key: string }[] = []
  for (const [i, entity] of entities.entries()) {
    const { value, issues: own = [] } = readValue<{ key: string }>(LISTS[name], entity)
    if (value !== undefined) read.push(value)
    const at = `${name}.${i}`
    issues.push(...own.map(({ path, message }) => ({ path: path ? `${at}.${path}` : at, message })))
    if (issues.length >= MAX_ISSUES) break
    await pause()
  }
  if (issues.length === 0)
    issues.push(
      ...repeatedKeys(read).map(({ i, message }) => ({ path: `${name}.${i}.key`, message })),
    )
  if (issues.length > 0) throw invalidRequest(issues)
  return read
}
