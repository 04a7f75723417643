import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as LaunchDarkly from '@launchdarkly/node-server-sdk'
import { FileDataSourceFactory } from '@launchdarkly/node-server-sdk/integrations'
import { CLAUSES, type FlagPlan, SEGMENT, type User } from '../cases.ts'
import { byKey, type Contender, peerName } from '../contender.ts'

type Context = ReturnType<typeof contextOf>

const contextOf = ({ id, plan, country, seats }: User) => ({
  kind: 'user',
  key: id,
  plan,
  country,
  seats,
})
const silent = { error() {}, warn() {}, info() {}, debug() {} }

/** Loads flags from a file. Events are off, in its favour. It has only an async API. */
export const launchdarkly: Contender = {
  name: peerName('@launchdarkly/node-server-sdk'),
  kind: 'peer',
  contextOf,
  configuration(flags) {
    const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'flags.json')
    const segments = { beta: { key: 'beta', version: 1, included: SEGMENT, rules: [], salt: 's' } }
    writeFileSync(path, JSON.stringify({ flags: byKey(flags, flagOf), segments }))
    return path
  },
  async load(path, key) {
    const source = new FileDataSourceFactory({ paths: [path], logger: silent })
    const client = LaunchDarkly.init('sdk-bench', {
      updateProcessor: source.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: silent,
    })
    await client.waitForInitialization({ timeout: 5 })
    return {
      ask: (context) => client.boolVariation(key, context as Context, false),
      close: () => client.close(),
    }
  },
}

function flagOf({ key, kind, index }: FlagPlan) {
  const rollout = (on: number) => ({
    rollout: {
      contextKind: 'user',
      variations: [
        { variation: 0, weight: on * 1_000 },
        { variation: 1, weight: 100_000 - on * 1_000 },
      ],
    },
  })
  const clause = (attribute: string, op: string, values: readonly unknown[]) => ({
    contextKind: 'user',
    attribute,
    op,
    values,
  })
  const rules = {
    on: [],
    rollout: [],
    clauses: [
      {
        id: 'rule-1',
        clauses: [
          clause('plan', 'in', CLAUSES.plan),
          clause('country', 'in', [CLAUSES.country]),
          clause('seats', 'greaterThanOrEqual', [CLAUSES.seats]),
        ],
        ...rollout(50),
      },
    ],
    segment: [{ id: 'rule-1', clauses: [clause('', 'segmentMatch', ['beta'])], variation: 0 }],
  }[kind]
  return {
    key,
    version: 1,
    on: true,
    salt: `salt-${index}`,
    variations: [true, false],
    offVariation: 1,
    fallthrough: kind === 'rollout' ? rollout(25) : { variation: kind === 'on' ? 0 : 1 },
    rules,
    targets: [],
    prerequisites: [],
  }
}
