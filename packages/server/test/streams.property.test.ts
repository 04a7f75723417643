import { isFlaghoistError, type Ruleset } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type History, validHistories } from '../../../test-support/arbitraries.ts'
import { fc } from '../../../test-support/fast-check.ts'
import { cursorText } from '../src/rulesets/cursor.ts'
import type { RulesetUpdate } from '../src/rulesets/rulesets.ts'
import { Channel } from '../src/streams/channel.ts'
import { type HubServer, startHub } from './hub-server.ts'
import { writeOf } from './shop.ts'
import { openStreamClient, type StreamClient } from './stream-client.ts'

/** Steps in their order. No step waits for a commit, so that connections open during commits. */
type Step =
  | { readonly do: 'commit' }
  /** Sends heartbeats, which the clients compare with what they hold. */
  | { readonly do: 'beat' }
  | ({ readonly do: 'connect' } & Connecting)
  | { readonly do: 'leave'; readonly who: number }

interface Connecting {
  readonly who: number
  /** How many rulesets ago the client left off; undefined if it holds none. */
  readonly back: number | undefined
  readonly encoding: 'identity' | 'gzip'
}

const HEARTBEAT_MS = 8_000
const BUFFER_BYTES = 262_144

const ADDRESSES = [
  { audience: 'server', scope: 'production' },
  { audience: 'server', scope: 'production/acme' },
  { audience: 'client', scope: 'production/globex' },
] as const

const who = fc.nat({ max: ADDRESSES.length - 1 })
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.constant({ do: 'commit' as const }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('connect' as const),
        who,
        back: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
        encoding: fc.constantFrom('identity' as const, 'gzip' as const),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ do: 'beat' as const }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  ),
  { minLength: 10, maxLength: 60 },
)

test('a client always holds exactly what is compiled at its version, wherever it comes back', {
  timeout: 120_000,
}, async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  await fc.assert(
    fc.asyncProperty(validHistories, steps, async (history, taken) => {
      await using server = await startHub({
        heartbeatMs: HEARTBEAT_MS,
        channel: (published, _, encoding) => new SlowChannel(published, encoding, BUFFER_BYTES),
        project: history.states[0]!.version === 1 ? furnishings(history) : [],
      })
      const run = new Run(server, history)
      for (const step of taken) await run.take(step)
      await run.finish()
    }),
    { numRuns: 100 },
  )
})

/** A channel that prepares some updates over several turns of the event loop. */
class SlowChannel extends Channel {
  #prepared = 0

  override *prepare(update: RulesetUpdate): Generator<void> {
    this.#prepared += 1
    const end = this.#prepared % 4 === 0 ? performance.now() + 12 : 0
    while (performance.now() < end) yield
    yield* super.prepare(update)
  }
}

/** The clients of one server, and what is known of each version. */
class Run {
  readonly #server: HubServer
  readonly #toCommit: History['changes'][number][]
  readonly #states = new Map<number, ProjectState>()
  readonly #writes: Promise<unknown>[] = []
  readonly #clients: { readonly who: number; readonly client: StreamClient }[] = []
  /** Rulesets that clients of a target have held, oldest first. */
  readonly #held: Ruleset[][] = ADDRESSES.map(() => [])

  constructor(server: HubServer, { changes }: History) {
    this.#server = server
    this.#toCommit = [...changes]
    const note = ({ state }: { state: ProjectState }) => this.#states.set(state.version, state)
    note(server.projects.get('shop'))
    server.projects.onChange(note)
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'commit') this.#commit()
    if (step.do === 'beat') vi.advanceTimersByTime(HEARTBEAT_MS)
    if (step.do === 'connect') await this.#connect(step)
    if (step.do === 'leave') this.#clients.find((one) => one.who === step.who)?.client.close()
  }

  async finish(): Promise<void> {
    await Promise.all(this.#writes)
    const { epoch, state } = this.#server.projects.get('shop')
    for (const { who: index, client } of this.#clients) {
      const { flags, segments } = compile(state, { ...ADDRESSES[index]!, epoch })
      const newest = JSON.stringify([flags, segments])
      const hasNewest = () =>
        JSON.stringify([client.ruleset?.flags, client.ruleset?.segments]) === newest
      await client.until('it has caught up or left', () => client.isClosed || hasNewest())
      client.close()
    }
  }

  #commit(): void {
    const change = this.#toCommit.shift()
    if (change === undefined) return
    const edits = change.edits.map(({ kind, key, after }) => ({ kind, key, after }))
    // Kind and entity fit in an edit.
    const write = this.#server.projects.commit(...writeOf(edits as never))
    // The server has its own limits as well; what it refuses changes nothing.
    this.#writes.push(write.catch((error) => expect(isFlaghoistError(error)).toBe(true)))
  }

  async #connect({ who: index, back, encoding }: Connecting): Promise<void> {
    const { audience, scope } = ADDRESSES[index]!
    const seen = this.#held[index]!
    const held = back === undefined ? undefined : seen[Math.max(0, seen.length - 1 - back)]
    let last = held
    const client = await openStreamClient(this.#server.url, `${audience}:${scope}`, {
      headers: { 'accept-encoding': encoding },
      ...(held && { held, since: cursorText(held) }),
      onRuleset: (ruleset, type) => {
        this.#check(index, ruleset)
        const least = last?.version ?? 0
        expect(ruleset.version).toBeGreaterThanOrEqual(type === 'patch' ? least + 1 : least)
        last = ruleset
        seen.push(ruleset)
      },
    })
    this.#clients.push({ who: index, client })
  }

  #check(index: number, ruleset: Ruleset): void {
    const { audience, scope } = ADDRESSES[index]!
    const { epoch, version } = ruleset
    const compiled = compile(this.#states.get(version)!, { scope, audience, epoch })
    const hash = this.#server.projects.get('shop').hashAt(version)
    expect(JSON.stringify(ruleset)).toBe(JSON.stringify({ ...compiled, hash }))
  }
}

function furnishings({ states: [first] }: History) {
  const { project, environments, instances, segments } = first!
  const made = (kind: string, entities: Iterable<{ key: string }>) =>
    [...entities].map((after) => ({ kind, key: after.key, after }))
  return [
    ...made('project', [project!]),
    ...made('environment', environments.values()),
    ...made('instance', instances.values()),
    ...made('segment', segments.values()),
  ] as never[] // Kind and entity fit in each.
}
