import type { FlaghoistError } from '@flaghoist/core'
import { parseLayerKey } from '@flaghoist/core/model'
import type { Kill } from '@flaghoist/core/schema'
import type { Principal } from '../http/principal.ts'
import type { Outcome } from '../projects/projects.ts'
import type { KillReceipt, KillWarning } from './schemas.ts'

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

/** The response to a kill or a restore. */
export function receiptOf(
  project: string,
  { version, change }: Outcome,
  { warnings, errors }: Unused = { warnings: [], errors: [] },
): KillReceipt {
  const changed = (change?.edits ?? []).map(({ key }) => parseLayerKey(key))
  const propagation = `/api/v1/projects/${project}/propagation?seq=${version}`
  const all = [...warnings, ...errors.map(warningOf)]
  return { version, changed, ...(all.length > 0 && { warnings: all }), propagation }
}

function warningOf({ code, message, hint }: FlaghoistError): KillWarning {
  return { code: code as KillWarning['code'], message: `${message} ${hint}` }
}
