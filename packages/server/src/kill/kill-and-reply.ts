import type { FlaghoistError } from '@flaghoist/core'
import type { ProjectState } from '@flaghoist/core/model'
import type { LoggedEdit } from '@flaghoist/core/schema'
import type { FastifyReply } from 'fastify'
import { authorityOf, type Exchange, sendOutcome } from '../http/commit-and-reply.ts'
import type { Services } from '../services.ts'
import { type KillOrder, writeOf } from './kill-order.ts'
import { type KillEffect, killOf, localProgressOf, progressOf } from './receipt.ts'
import type { KillWarning } from './schemas.ts'

/** A kill as its request names it. */
export interface RequestedKill extends Pick<KillOrder, 'project' | 'target'> {
  readonly reason: string
  /** Parts of the request that could not be read. */
  readonly warnings: readonly KillWarning[]
  /** Returns the errors of scopes and environments that the kill leaves out. */
  errorsIn(state: ProjectState): readonly FlaghoistError[]
  /** Returns the effect of its edits. */
  effectOf(edits: readonly LoggedEdit[]): KillEffect
}

/**
 * Carries out a kill and sends its receipt. A retry with the same `Idempotency-Key` is another
 * kill, because the flag may have been restored meanwhile.
 */
export async function killAndReply(
  { killSwitch, projects, propagation, now }: Services,
  { request, reply }: Exchange,
  { project, target, reason, warnings, errorsIn, effectOf }: RequestedKill,
): Promise<FastifyReply> {
  const kill = killOf(request.principal, reason, now())
  const order = { project, target, kill, ...authorityOf(request), requestId: request.id }
  const outcome = await killSwitch.kill(order)
  const { state } = projects.get(project)
  const unused = { warnings, errors: errorsIn(state) }
  if ('isJournaled' in outcome) {
    const effect = effectOf(outcome.edits)
    const { sdks } = propagation.report(project, state.version)
    const progress = localProgressOf(effect, outcome.isJournaled, { sdks, unused })
    return reply.code(202).send({ ...effect, ...progress })
  }
  const effect = effectOf(outcome.change?.edits ?? [])
  return sendOutcome(reply, writeOf(order), outcome, {
    body: () => ({ ...effect, ...progressOf(project, outcome, unused) }),
  })
}
