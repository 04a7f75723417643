import { readLocal, writeLocal } from './local-store.ts'

const NAME = 'flaghoist:id'
let known: string | undefined

/**
 * Returns the random targeting key of users without one. It is the same on all pages of the origin;
 * where storage is blocked, only on this page.
 */
export function anonymousId(): string {
  known ??= readLocal(NAME)
  if (known === undefined) {
    known = `anonymous-${String(Math.random()).slice(2)}${Date.now().toString(36)}`
    writeLocal(NAME, known)
  }
  return known
}
