import { getClient, PollingMode } from '@configcat/sdk/node'
import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, users } from '../cases.ts'
import type { Contender } from '../contender.ts'

const contexts = users.map(({ id, country, plan, seats }) => ({
  identifier: id,
  country,
  custom: { plan, seats },
}))
const TEXT_IS_ONE_OF = 0
const NUMBER_AT_LEAST = 15
const TEXT_EQUALS = 28
let clients = 0

/** Offline, with its configuration from a cache; asked through a snapshot, since its client has promises only. */
export const configcat: Contender = {
  name: '@configcat/sdk 1.1.0',
  async prepare(name, flags) {
    const settings = Array.from({ length: flags }, (_, i) => [flagKey(i), settingOf(name)])
    const config = {
      p: { u: 'https://example.invalid', r: 0, s: 'salt' },
      s: [{ n: 'beta', r: [{ a: 'Identifier', c: TEXT_IS_ONE_OF, l: SEGMENT }] }],
      f: Object.fromEntries(settings),
    }
    const cached = `${Date.now()}\netag\n${JSON.stringify(config)}`
    clients += 1
    const sdkKey = `configcat-sdk-1/${String(clients).padStart(22, '0')}/${'0'.repeat(22)}`
    const client = getClient(sdkKey, PollingMode.ManualPoll, {
      offline: true,
      logger: null,
      cache: { get: () => cached, set: () => undefined },
    } as never)
    await client.getAllKeysAsync()
    const snapshot = client.snapshot()
    const key = askedFlag(flags)
    return {
      contexts,
      ask: (user) => snapshot.getValue(key, false, user as (typeof contexts)[number]),
      close: () => client.dispose(),
    }
  },
}

function settingOf(name: CaseName) {
  const value = (on: boolean) => ({ v: { b: on } })
  const percentage = (on: number) => [
    { p: on, ...value(true) },
    { p: 100 - on, ...value(false) },
  ]
  const condition = (a: string, c: number, operand: object) => ({ u: { a, c, ...operand } })
  const rest = {
    on: value(true),
    rollout: { ...value(false), p: percentage(25) },
    clauses: {
      ...value(false),
      r: [
        {
          c: [
            condition('plan', TEXT_IS_ONE_OF, { l: CLAUSES.plan }),
            condition('Country', TEXT_EQUALS, { s: CLAUSES.country }),
            condition('seats', NUMBER_AT_LEAST, { d: CLAUSES.seats }),
          ],
          p: percentage(50),
        },
      ],
    },
    segment: { ...value(false), r: [{ c: [{ s: { s: 0, c: 0 } }], s: value(true) }] },
  }[name]
  return { t: 0, a: 'Identifier', ...rest }
}
