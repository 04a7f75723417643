import type { Senders } from './ask.ts'
import { reportOf, type Users } from './users.ts'

/** Reports users of a customer who were served a flag in production. */
export type Report = (flag: string, instance: string, users: Users) => Promise<void>

/**
 * Calls `work` with a function that reports users as an SDK does. Its key is a client key, because
 * browsers must not hold others. The key is revoked afterwards: no program needs it.
 */
export async function withReports(
  { person, sdk }: Senders,
  work: (report: Report) => Promise<void>,
): Promise<void> {
  const ask = person('Ops')
  const key = (await ask('POST', 'keys', {
    name: 'Reports of the sample',
    kind: 'client',
    scope: 'production',
  })) as { readonly id: string; readonly secret: string }
  const send = sdk(key.secret)
  await work(async (flag, instance, users) => {
    const { flags } = (await send('GET', `ruleset?instance=${instance}`)) as Ruleset
    const served = { flag, revision: flags[flag]?.revision ?? 0 }
    const now = Date.now()
    const id = `${flag} ${instance} ${now}`
    const { dropped } = (await send('POST', `events?instance=${instance}`, {
      sdk: { id, name: 'sample' },
      sentAt: now,
      batch: { id, ...reportOf(users, served, now) },
    })) as { readonly dropped: number }
    if (dropped > 0) throw new Error(`The server has not counted ${dropped} events of ${flag}.`)
  })
  await ask('DELETE', `keys/${key.id}`)
}

/** The part of a ruleset that a report needs. */
interface Ruleset {
  readonly flags: Readonly<Record<string, { readonly revision: number }>>
}
