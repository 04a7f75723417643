import type { FlaghoistError } from '@flaghoist/core'
import { parseLayerKey } from '@flaghoist/core/model'
import type { Kill } from '@flaghoist/core/schema'
import type { Principal } from '../http/principal.ts'
import type { Outcome } from '../projects/projects.ts'
import type { KillByTagReceipt, KillReceipt, KillWarning } from './schemas.ts'

/** The kill that a key makes now. */
export function killOf({ name: by }: Principal, reason: string, now: number): Kill {
  return { at: new Date(now).toISOString(), by, reason }
}

/** The parts of a request that its kill did not use. */
interface Unused {
  /** Parts that could not be read. */
  readonly warnings: readonly KillWarning[]
  /** Errors of scopes and environments that the kill left out. */
  readonly errors: readonly FlaghoistError[]
}

const ALL_USED: Unused = { warnings: [], errors: [] }

/** The response to a kill or a restore of one flag. */
export function receiptOf(project: string, outcome: Outcome, unused = ALL_USED): KillReceipt {
  const changed = (outcome.change?.edits ?? []).map(({ key }) => parseLayerKey(key))
  return { changed, ...progressOf(project, outcome, unused) }
}

/** The response to a kill by tag. */
export function receiptByTag(project: string, outcome: Outcome, unused: Unused): KillByTagReceipt {
  const [edit] = outcome.change?.edits ?? []
  const { flags, scopes } = (edit?.kind === 'kill' && edit.after) || { flags: [], scopes: [] }
  return { flags, scopes, ...progressOf(project, outcome, unused) }
}

function progressOf(project: string, { version }: Outcome, { warnings, errors }: Unused) {
  const propagation = `/api/v1/projects/${project}/propagation?seq=${version}`
  const all = [...warnings, ...errors.map(warningOf)]
  return { version, ...(all.length > 0 && { warnings: all }), propagation }
}

function warningOf({ code, message, hint }: FlaghoistError): KillWarning {
  return { code: code as KillWarning['code'], message: `${message} ${hint}` }
}
