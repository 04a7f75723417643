import type { Change } from '../flag/flag-requests.ts'
import { missingRight } from '../session/missing-right.ts'

/** Returns why the key of the session may not revert a change; undefined if it may. */
export function revertRefusal({ edits }: Change): string | undefined {
  for (const { kind, key } of edits) {
    const scope = kind === 'layer' ? key.split('@')[1] : undefined
    const right = missingRight(scope ?? '*')
    if (right !== undefined) return right
  }
  return undefined
}
