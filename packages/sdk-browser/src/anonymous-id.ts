import { readLocal, writeLocal } from './local-store.ts'

const NAME = 'flaghoist:id'
let known: string | undefined

/** A random id of this browser, the same on every page of the origin; of this page alone where nothing can be kept. */
export function anonymousId(): string {
  known ??= readLocal(NAME)
  if (known === undefined) {
    known = `anonymous-${String(Math.random()).slice(2)}${Date.now().toString(36)}`
    writeLocal(NAME, known)
  }
  return known
}
