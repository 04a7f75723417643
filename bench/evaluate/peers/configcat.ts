import { getClient, PollingMode } from '@configcat/sdk/node'
import { type CaseName, CLAUSES, SEGMENT } from '../cases.ts'
import { byKey, type Contender, peerName } from '../contender.ts'

interface ConfigCatUser {
  readonly identifier: string
  readonly country: string
  readonly custom: Record<string, string | number>
}

const TEXT_IS_ONE_OF = 0
const NUMBER_AT_LEAST = 15
const TEXT_EQUALS = 28
let clients = 0

/** Offline, with its configuration from a cache. A snapshot is evaluated: the client is async. */
export const configcat: Contender = {
  name: peerName('@configcat/sdk'),
  kind: 'peer',
  contextOf: ({ id, country, plan, seats }): ConfigCatUser => ({
    identifier: id,
    country,
    custom: { plan, seats },
  }),
  configuration(flags) {
    const config = {
      p: { u: 'https://example.invalid', r: 0, s: 'salt' },
      s: [{ n: 'beta', r: [{ a: 'Identifier', c: TEXT_IS_ONE_OF, l: SEGMENT }] }],
      f: byKey(flags, ({ kind }) => settingOf(kind)),
    }
    return `${Date.now()}\netag\n${JSON.stringify(config)}`
  },
  async load(configuration, key) {
    // Two clients with one key would share one instance.
    clients += 1
    const sdkKey = `configcat-sdk-1/${String(clients).padStart(22, '0')}/${'0'.repeat(22)}`
    const client = getClient(sdkKey, PollingMode.ManualPoll, {
      offline: true,
      logger: null,
      cache: { get: () => configuration, set: () => undefined },
    })
    await client.getAllKeysAsync()
    const snapshot = client.snapshot()
    return {
      ask: (user) => snapshot.getValue(key, false, user as ConfigCatUser),
      close: () => client.dispose(),
    }
  },
}

function settingOf(kind: CaseName) {
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
  }[kind]
  return { t: 0, a: 'Identifier', ...rest }
}
