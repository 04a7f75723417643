import type { FlaghoistError } from '@flaghoist/core'
import { isWithin, parseLayerKey } from '@flaghoist/core/model'
import type { Kill, LoggedEdit } from '@flaghoist/core/schema'
import type { Principal } from '../http/principal.ts'
import { authorName } from '../projects/author-name.ts'
import type { Outcome } from '../projects/projects.ts'
import type { SdkStatus } from '../streams/propagation-report.ts'
import type { KillByTagReceipt, KillReceipt, KillWarning } from './schemas.ts'

/** The kill that a key makes now. */
export function killOf(principal: Principal, reason: string, now: number): Kill {
  return { at: new Date(now).toISOString(), by: authorName(principal), reason }
}

/** The parts of a request that its kill did not use. */
export interface Unused {
  /** Parts that could not be read. */
  readonly warnings: readonly KillWarning[]
  /** Errors of scopes and environments that the kill left out. */
  readonly errors: readonly FlaghoistError[]
}

const ALL_USED: Unused = { warnings: [], errors: [] }

/** The flags and scopes that a request has changed: each pair, or with a kill by tag all pairs. */
export type KillEffect = Pick<KillReceipt, 'changed'> | Pick<KillByTagReceipt, 'flags' | 'scopes'>

/** The response to a kill or a restore of one flag. */
export function receiptOf(project: string, outcome: Outcome): KillReceipt {
  return { ...changedBy(outcome.change?.edits ?? []), ...progressOf(project, outcome, ALL_USED) }
}

/** The effect of edits of layers. */
export function changedBy(edits: readonly Pick<LoggedEdit, 'key'>[]): Pick<KillReceipt, 'changed'> {
  return { changed: edits.map(({ key }) => parseLayerKey(key)) }
}

/** The effect of the one edit of a kill by tag. */
export function killedByTag([edit]: readonly LoggedEdit[]): Pick<
  KillByTagReceipt,
  'flags' | 'scopes'
> {
  const { flags, scopes } = (edit?.kind === 'kill' && edit.after) || { flags: [], scopes: [] }
  return { flags, scopes }
}

/** The members of a response about a version and what it left out. */
export function progressOf(project: string, { version }: Outcome, unused: Unused) {
  const propagation = `/api/v1/projects/${project}/propagation?seq=${version}`
  return { version, ...warningsOf(unused), propagation }
}

/**
 * The members of the response to a kill that the store has not taken yet.
 * @param sdks SDKs of this server
 */
export function localProgressOf(
  effect: KillEffect,
  isJournaled: boolean,
  { sdks, unused }: { readonly sdks: readonly SdkStatus[]; readonly unused: Unused },
) {
  const scopes = 'changed' in effect ? effect.changed.map(({ scope }) => scope) : effect.scopes
  const sent = new Map<string, number>()
  for (const { scope, offlineSince } of sdks)
    if (offlineSince === undefined && scopes.some((one) => isWithin(scope, one)))
      sent.set(scope, (sent.get(scope) ?? 0) + 1)
  const warnings = isJournaled ? unused.warnings : [NOT_JOURNALED, ...unused.warnings]
  return {
    state: 'local, will be committed' as const,
    sent: [...sent].map(([scope, count]) => ({ scope, sdks: count })),
    ...warningsOf({ ...unused, warnings }),
  }
}

const NOT_JOURNALED: KillWarning = {
  code: 'KILL_NOT_JOURNALED',
  message:
    'This server cannot write the kill to its data folder, so a crash loses it. Send the kill again after a restart.',
}

function warningsOf({ warnings, errors }: Unused): { readonly warnings?: KillWarning[] } {
  const all = [...warnings, ...errors.map(warningOf)]
  return all.length === 0 ? {} : { warnings: all }
}

function warningOf({ code, message, hint }: FlaghoistError): KillWarning {
  return { code: code as KillWarning['code'], message: `${message} ${hint}` }
}
