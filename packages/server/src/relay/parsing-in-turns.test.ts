import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HttpHandlers, Platform } from '@flaghoist/client'
import { type RequestMode, type RulesetStore, requestRuleset } from '@flaghoist/client/internal'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { parsingInTurns } from './parsing-in-turns.ts'

/** Items of an event that takes several turns to parse. */
const MANY = 100_000
const ITEM = { key: 'new-checkout', values: ['pro', 'enterprise'], on: true }

/** A third of the characters that may wait, and quickly parsed. */
const MUCH = { fits: true, pad: 'x'.repeat(22 * 1024 * 1024) }

interface SentEvent {
  readonly type: 'put' | 'patch' | 'heartbeat'
  readonly items: number
  /** False for an event that does not fit those before. */
  readonly fits: boolean
}

const large: SentEvent = { type: 'patch', items: MANY, fits: true }
const heartbeat: SentEvent = { type: 'heartbeat', items: 0, fits: true }

const jsonOf = ({ items, fits }: SentEvent, number = 0) =>
  JSON.stringify({ number, fits, items: Array.from({ length: items }, () => ITEM) })
const streamOf = (events: readonly SentEvent[]) =>
  events.map((event, i) => `event: ${event.type}\ndata: ${jsonOf(event, i)}\n\n`).join('')

/** A store that records its operations, and the number of the event of each. */
function recordingStore(happened: string[]): RulesetStore {
  const operation = (name: string) => (value: object) => {
    const { number, fits } = value as { number: number; fits: boolean }
    happened.push(`${name} ${number}`)
    return fits
  }
  return {
    prepared: undefined,
    confirmWithinMs: 0,
    override: () => undefined,
    put: operation('put'),
    patch: operation('patch'),
    verify: operation('verify'),
  }
}

/** A network whose responses a test gives, and a clock that it moves. */
function givenPlatform() {
  let now = 0
  let isOpen = false
  let on: HttpHandlers | undefined
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const platform: Platform = {
    sdk: 'test/1',
    request(_, handlers) {
      isOpen = true
      on = handlers
      return () => {
        isOpen = false
      }
    },
    now: () => now,
    elapsed: () => now,
    random: Math.random,
    schedule(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    warn: () => undefined,
  }
  return {
    platform,
    /** Calls a handler, unless the request was aborted. */
    respond<K extends keyof HttpHandlers>(name: K, ...args: Parameters<HttpHandlers[K]>) {
      // A union of functions takes no arguments of a union.
      if (isOpen) (on![name] as (...args: unknown[]) => void)(...args)
    },
    /** Lets time pass, in steps that no timer takes for a busy process. */
    pass(seconds: number) {
      for (let i = 0; i < seconds; i += 1) {
        now += 1_000
        for (const timer of timers) if (timer.at <= now && timers.delete(timer)) timer.run()
      }
    },
  }
}

/** Runs a request of the machinery of the SDKs, and records all that happens, in order. */
function openRequest(mode: RequestMode, adapt: (platform: Platform) => Platform = parsingInTurns) {
  const happened: string[] = []
  const ends: (Error | undefined)[] = []
  const { platform, ...network } = givenPlatform()
  const adapted = adapt(platform)
  const store = recordingStore(happened)
  const request = () => ({ method: 'GET', url: '', headers: {} }) as const
  const abort = requestRuleset(
    { platform: adapted, store, request },
    mode,
    {},
    {
      onHeard: () => happened.push('heard'),
      onEnd({ kind, error }) {
        happened.push(kind)
        ends.push(error)
      },
    },
  )
  const type = mode === 'stream' ? 'text/event-stream' : 'application/json'
  network.respond('onHead', 200, (name) => (name === 'content-type' ? type : undefined))
  return {
    ...network,
    happened,
    ends,
    abort,
    /** Resolves once everything until now is parsed. */
    parsed: () => new Promise((resolve) => adapted.parse!('0', resolve)),
  }
}

/** Returns all that happens where each event is parsed at once. */
function expectedOf(events: readonly SentEvent[], error: Error | undefined): readonly string[] {
  const { happened, respond } = openRequest('stream', (platform) => platform)
  respond('onText', streamOf(events))
  respond('onEnd', error)
  return happened
}

const events = fc.array(
  fc.record<SentEvent>({
    type: fc.constantFrom('put', 'patch', 'heartbeat'),
    items: fc.oneof(fc.nat(3), fc.nat(MANY)),
    fits: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
  }),
  { minLength: 1, maxLength: 6 },
)
/** Places of the text at which it is cut into pieces, and turns that pass after each. */
const pieces = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), turns: fc.nat(9) }),
)
const error = fc.constantFrom(undefined, new Error('ECONNRESET'))

/** Lets a stream deliver a text in pieces. */
async function deliver(
  text: string,
  cuts: readonly { readonly at: number; readonly turns: number }[],
  onPiece: (piece: string) => void,
): Promise<void> {
  let from = 0
  for (const { at, turns } of cuts.toSorted((a, b) => a.at - b.at)) {
    const to = Math.floor(at * text.length)
    onPiece(text.slice(from, to))
    from = to
    for (let i = 0; i < turns; i += 1) await nextTurn()
  }
  onPiece(text.slice(from))
}

describe('a relay that parses in turns', () => {
  test('applies events and the end of a stream in their order', async () => {
    await fc.assert(
      fc.asyncProperty(events, pieces, error, async (sent, cuts, cause) => {
        const { happened, respond, parsed } = openRequest('stream')
        await deliver(streamOf(sent), cuts, (piece) => respond('onText', piece))
        respond('onEnd', cause)
        await parsed()
        expect(happened).toEqual(expectedOf(sent, cause))
      }),
      { numRuns: 30 },
    )
  })

  test('applies nothing after an abort, and everything before it in order', async () => {
    await fc.assert(
      fc.asyncProperty(events, pieces, fc.nat(30), async (sent, cuts, turns) => {
        const { happened, respond, parsed, abort } = openRequest('stream')
        await deliver(streamOf(sent), cuts, (piece) => respond('onText', piece))
        respond('onEnd', undefined)
        for (let i = 0; i < turns; i += 1) await nextTurn()
        abort()
        const before = [...happened]
        await parsed()
        expect(happened).toEqual(before)
        expect(expectedOf(sent, undefined).slice(0, before.length)).toEqual(before)
      }),
      { numRuns: 30 },
    )
  })

  test('lets other work have turns before a large event, and a heartbeat behind it, apply', async () => {
    const { happened, respond, parsed } = openRequest('stream')
    respond('onText', streamOf([large, heartbeat]))
    let turns = 0
    for (; happened.length === 0; turns += 1) await nextTurn()
    expect(turns).toBeGreaterThan(2)
    await parsed()
    expect(happened).toEqual(['patch 0', 'heard', 'verify 1', 'heard'])
  })

  test('does not take the parsing of a whole response for silence', async () => {
    const { happened, respond, pass, parsed } = openRequest('poll')
    respond('onText', jsonOf(large))
    respond('onEnd', undefined)
    await nextTurn()
    expect(happened).toEqual([])
    pass(60)
    await parsed()
    expect(happened).toEqual(['put 0', 'heard', 'ended'])
  })

  test('does not take the parsing of a first event for its absence', async () => {
    const { happened, respond, pass, parsed } = openRequest('stream')
    respond('onText', streamOf([large]))
    await nextTurn()
    expect(happened).toEqual([])
    pass(10)
    await parsed()
    expect(happened).toEqual(['patch 0', 'heard'])
  })

  test('stops parsing an event at the abort of its request, and drops those behind it', async () => {
    const { happened, respond, abort, parsed } = openRequest('stream')
    respond('onText', streamOf(Array(4).fill(large)))
    await nextTurn()
    abort()
    let isParsed = false
    const last = parsed().then(() => {
      isParsed = true
    })
    for (let turns = 0; turns < 9; turns += 1) await nextTurn()
    expect(isParsed).toBe(true)
    await last
    expect(happened).toEqual([])
  })

  test('applies what waits, and ends the request with the reason, once too much waits', async () => {
    const { happened, ends, respond, parsed } = openRequest('stream')
    const events = [0, 1, 2, 3].map((number) => JSON.stringify({ ...MUCH, number }))
    for (const text of events) respond('onText', `event: put\ndata: ${text}\n\n`)
    await parsed()
    expect(happened).toEqual(['put 0', 'heard', 'put 1', 'heard', 'put 2', 'heard', 'failed'])
    expect(ends).toMatchObject([{ code: 'UPSTREAM_TOO_FAST', hint: expect.any(String) }])
  })

  test('lets other work have turns between many events that are small', async () => {
    const { happened, respond, parsed } = openRequest('stream')
    const patches = Array<SentEvent>(100).fill({ type: 'patch', items: 3_000, fits: true })
    respond('onText', streamOf([large, ...patches]))
    const seen = new Set<number>()
    let isParsed = false
    const last = parsed().then(() => {
      isParsed = true
    })
    for (; !isParsed; await nextTurn()) seen.add(happened.length)
    await last
    expect(seen.size).toBeGreaterThan(5)
  })

  test('ends a request after text that is not JSON, as an SDK does', async () => {
    const { happened, respond, parsed } = openRequest('stream')
    respond('onText', `event: put\ndata: ${jsonOf(large).slice(1)}\n\n${streamOf([heartbeat])}`)
    await parsed()
    expect(happened).toEqual(['resync'])
  })
})
