import type { Ruleset } from '@flaghoist/core'
import type { FileCache } from '@flaghoist/node/internal'
import { parseInTurns } from '../parse-in-turns.ts'
import { runInTurns } from '../pause.ts'
import { rulesetBytes } from '../rulesets/ruleset-bytes.ts'

/** The copy of the newest ruleset of a connection on the disk, in turns that are short. */
export interface RulesetCopy {
  /** Reads the copy; undefined if none can be read. */
  load(): Promise<Ruleset | undefined>
  /** Writes a ruleset, in place of one that waits to be written. Never rejects. */
  save(ruleset: Ruleset): Promise<void>
  /** Resolves once the last ruleset is written. */
  flush(): Promise<void>
}

/**
 * @param file undefined without a disk
 * @param warn called with the first failure to write
 */
export function createRulesetCopy(
  file: FileCache | undefined,
  warn: (message: string) => void,
): RulesetCopy {
  let wanted: Ruleset | undefined
  let writing = Promise.resolve()
  let hasWarned = false

  const write = async () => {
    const ruleset = wanted
    wanted = undefined
    if (file === undefined || ruleset === undefined) return
    try {
      await file.writeBytes(await runInTurns(rulesetBytes(ruleset)))
    } catch (error) {
      if (!hasWarned) warn(`The ruleset could not be cached: ${(error as Error).message}`)
      hasWarned = true
    }
  }
  return {
    async load() {
      try {
        const bytes = await file?.readBytes()
        return bytes && ((await parseInTurns(bytes.toString())) as Ruleset)
      } catch {
        return undefined // An unreadable copy is replaced by the next ruleset.
      }
    },
    save(ruleset) {
      wanted = ruleset
      writing = writing.then(write)
      return writing
    },
    flush: () => writing,
  }
}
