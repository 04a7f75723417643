import { type CaseName, outsiders, SHARE, users } from './cases.ts'
import type { Asking, Contender } from './contender.ts'

/** Tolerance of random shares: three standard errors of one half over 10,000 users. */
const TOLERANCE = 0.015

/** Returns the first mistake in a contender's results, or undefined if all are correct. */
export async function mistakeOf(
  contender: Contender,
  asking: Asking,
  kind: CaseName,
): Promise<string | undefined> {
  if (contender.isUnchecked) return undefined
  let trues = 0
  for (const [i, user] of users.entries()) {
    const answer: unknown = await asking.ask(contender.contextOf(user))
    if (typeof answer !== 'boolean') return `returns ${String(answer)}`
    if (kind === 'segment' && answer !== (i % 10 === 0)) return `${user.id} gets ${answer}`
    if (answer) trues += 1
  }
  const share = trues / users.length
  const isCertain = kind === 'on' || kind === 'segment'
  if (Math.abs(share - SHARE[kind]) > (isCertain ? 0 : TOLERANCE))
    return `${(share * 100).toFixed(1)} %`
  if (kind !== 'clauses' && kind !== 'segment') return undefined

  for (const user of outsiders)
    if (await asking.ask(contender.contextOf(user))) return `${user.id} gets true`
  return undefined
}
