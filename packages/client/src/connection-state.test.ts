import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import {
  type ConnectionAction,
  type ConnectionOccurrence,
  type ConnectionState,
  initialState,
  next,
} from './connection-state.ts'
import type { RequestEnd } from './request-end.ts'

const POLL_MS = 5_000
const NOW = 100_000
const failure = new Error('ECONNRESET')

const idle = initialState(POLL_MS)
const state = (parts: Partial<ConnectionState>): ConnectionState => ({ ...idle, ...parts })
const connecting = state({ phase: 'connecting', request: 'stream', openedAt: NOW - 1_000 })
const streaming = state({ phase: 'streaming', request: 'stream', openedAt: NOW })
const polling = state({ phase: 'polling', request: 'poll', pollsLeft: 3, openedAt: NOW })
const pollWait = state({ phase: 'polling', pollsLeft: 3 })
const probing = state({ phase: 'polling', request: 'stream' })
const waiting = state({ phase: 'waiting', backoffs: 1 })
const refused = state({ phase: 'refused' })
const closed = state({ phase: 'closed' })

const start = { type: 'start' } as const
const wake = { type: 'wake' } as const
const timer = { type: 'timer' } as const
const heard = { type: 'heard', etag: '"1-x"' } as const
const pause = { type: 'pause' } as const
const close = { type: 'close' } as const
const ended = (kind: RequestEnd['kind'], retryMs = 0): ConnectionOccurrence => ({
  type: 'ended',
  end: { kind, retryMs, error: kind === 'ended' ? undefined : failure },
})

const wait = (ms: number): ConnectionAction[] => [['wait', ms], ['status']]

/** Phase, event, the members of the next state that matter, and the actions. */
type Row = readonly [
  title: string,
  before: ConnectionState,
  event: ConnectionOccurrence,
  after: Partial<ConnectionState>,
  actions: readonly ConnectionAction[],
]

describe('a connection', () => {
  test.for<Row>([
    [
      'idle starts a stream',
      idle,
      start,
      { phase: 'connecting', request: 'stream', openedAt: NOW },
      [['request', 'stream']],
    ],
    ['idle ignores a pause', idle, pause, { phase: 'idle' }, []],
    [
      'connecting is streaming once something was heard',
      connecting,
      heard,
      { phase: 'streaming', heardAt: NOW, liveUntil: NOW + 20_000, hasAnswered: true },
      [['status'], ['answered']],
    ],
    [
      'connecting waits after a failure',
      connecting,
      ended('failed'),
      { phase: 'waiting', request: undefined, backoffs: 1, failuresInRow: 1, streamError: failure },
      wait(2_500),
    ],
    [
      'connecting follows Retry-After',
      connecting,
      ended('failed', 20_000),
      { phase: 'waiting' },
      wait(20_000),
    ],
    [
      'connecting polls at once behind a buffering proxy',
      connecting,
      ended('buffered'),
      { phase: 'waiting', pollsLeft: 13 },
      wait(0),
    ],
    [
      'connecting polls where streams are not offered',
      connecting,
      ended('busy'),
      { phase: 'waiting', pollsLeft: 13 },
      wait(2_500),
    ],
    [
      'connecting asks by a poll at once whether only the stream is refused',
      connecting,
      ended('refused', 90_000),
      { phase: 'waiting', pollsLeft: 19, hasAnswered: false },
      [['wait', 0]],
    ],
    [
      'a first poll that is refused is an answer',
      { ...connecting, request: 'poll', pollsLeft: 13 },
      ended('refused'),
      { phase: 'refused', pollsLeft: 0, hasAnswered: true, pollError: failure },
      [['wait', 60_000], ['status'], ['answered']],
    ],
    [
      'connecting polls once after three failures in a row, however far apart they are',
      { ...connecting, failuresInRow: 2 },
      ended('failed', 60_000),
      { pollsLeft: 1 },
      wait(60_000),
    ],
    [
      'connecting starts anew',
      connecting,
      start,
      { phase: 'connecting', request: 'stream' },
      [['cancel'], ['request', 'stream']],
    ],
    [
      'connecting that has just begun goes on',
      { ...connecting, openedAt: NOW - 999 },
      start,
      { phase: 'connecting' },
      [],
    ],
    [
      'connecting starts anew after a sleep',
      connecting,
      wake,
      { phase: 'connecting', request: 'stream', openedAt: NOW },
      [['cancel'], ['request', 'stream'], ['status']],
    ],
    [
      'streaming is connecting after a sleep',
      streaming,
      wake,
      { phase: 'connecting', request: 'stream', openedAt: NOW },
      [['cancel'], ['request', 'stream'], ['status']],
    ],
    [
      'polling polls at once after a sleep',
      pollWait,
      wake,
      { phase: 'connecting', request: 'poll' },
      [['cancel'], ['request', 'poll'], ['status']],
    ],
    [
      'refused asks at once after a sleep',
      refused,
      wake,
      { phase: 'connecting', request: 'stream' },
      [['cancel'], ['request', 'stream'], ['status']],
    ],
    ['idle stays idle after a sleep', idle, wake, { phase: 'idle' }, []],
    [
      'streaming polls where the stream is held back after its first event, and keeps its spread',
      streaming,
      ended('buffered', 700),
      { phase: 'polling', pollsLeft: 13, isHeldBack: true, retryMs: 700 },
      wait(0),
    ],
    [
      'streaming keeps its phase when it starts anew',
      streaming,
      start,
      { phase: 'streaming', request: 'stream' },
      [['cancel'], ['request', 'stream']],
    ],
    [
      'streaming clears its error when something is heard',
      { ...streaming, streamError: failure },
      heard,
      { streamError: undefined },
      [['status'], ['answered']],
    ],
    [
      'streaming waits after its end',
      streaming,
      ended('ended'),
      { phase: 'waiting', streamError: undefined },
      wait(2_500),
    ],
    [
      'streaming waits five minutes at most, whatever spread the server has named',
      state({ ...streaming, retryMs: 300_000, backoffs: 1 }),
      ended('ended'),
      { phase: 'waiting' },
      wait(300_000),
    ],
    [
      'streaming asks for everything at once after a gap',
      streaming,
      ended('resync'),
      { phase: 'waiting', needsWhole: true },
      wait(0),
    ],
    [
      'streaming waits after a second gap',
      { ...streaming, backoffs: 1 },
      ended('resync'),
      { needsWhole: true, backoffs: 2 },
      wait(5_000),
    ],
    [
      'streaming that was stable clears its backoff',
      { ...streaming, openedAt: NOW - 60_000, backoffs: 5 },
      ended('failed'),
      { backoffs: 1 },
      wait(2_500),
    ],
    [
      'streaming that was short keeps its backoff',
      { ...streaming, openedAt: NOW - 59_999, backoffs: 5 },
      ended('failed'),
      { backoffs: 6 },
      wait(5_000),
    ],
    [
      'streaming polls for an interval if it is the third stream to be lost',
      { ...streaming, losses: [NOW - 29_999, NOW - 1] },
      ended('failed'),
      { pollsLeft: 2 },
      wait(2_500),
    ],
    [
      'streaming forgets losses of long ago',
      { ...streaming, losses: [NOW - 30_000, NOW - 1] },
      ended('failed'),
      { pollsLeft: 0, losses: [NOW - 1, NOW] },
      wait(2_500),
    ],
    [
      'streaming forgets the attempts that failed before it',
      { ...streaming, failuresInRow: 2 },
      heard,
      { failuresInRow: 0 },
      [['status'], ['answered']],
    ],
    ['streaming rests', streaming, pause, { phase: 'idle', request: undefined }, [['cancel']]],
    [
      'polling keeps the ETag of what it heard',
      polling,
      heard,
      { phase: 'polling', etag: '"1-x"', needsWhole: false, liveUntil: NOW + 36_000 },
      [['status'], ['answered']],
    ],
    [
      'polling waits for the next poll',
      polling,
      ended('ended'),
      { phase: 'polling', request: undefined, pollsLeft: 2, backoffs: 0 },
      [['wait', POLL_MS]],
    ],
    [
      'polling tries the stream at once after the last poll',
      { ...polling, pollsLeft: 1 },
      ended('ended'),
      { phase: 'polling', request: undefined, pollsLeft: 0 },
      [['wait', 0]],
    ],
    [
      'polling tries the stream at once after a poll that met the silence of a stream that seemed held back',
      { ...polling, isHeldBack: true, openedAt: NOW - 5_000 },
      ended('ended'),
      { phase: 'polling', request: undefined, pollsLeft: 0 },
      [['wait', 0]],
    ],
    [
      'polling goes on after such a poll where streams are refused',
      { ...polling, openedAt: NOW - 5_000 },
      ended('ended'),
      { phase: 'polling', pollsLeft: 2 },
      [['wait', POLL_MS]],
    ],
    [
      'polling goes on after a quick poll where a stream is held back',
      { ...polling, isHeldBack: true, openedAt: NOW - 4_999 },
      ended('ended'),
      { phase: 'polling', pollsLeft: 2 },
      [['wait', POLL_MS]],
    ],
    [
      'polling that fails prefers the stream',
      polling,
      ended('failed'),
      { phase: 'waiting', pollsLeft: 0, pollError: failure },
      wait(2_500),
    ],
    [
      'polling that is refused waits',
      polling,
      ended('refused', 90_000),
      { phase: 'refused', pollsLeft: 0, hasAnswered: true },
      [['wait', 90_000], ['status'], ['answered']],
    ],
    [
      'polling polls again',
      pollWait,
      timer,
      { phase: 'polling', request: 'poll', openedAt: NOW },
      [['request', 'poll']],
    ],
    [
      'polling tries the stream when no poll is left',
      { ...pollWait, pollsLeft: 0 },
      timer,
      { phase: 'polling', request: 'stream' },
      [['request', 'stream']],
    ],
    [
      'polling gives way to a stream that works',
      probing,
      heard,
      { phase: 'streaming' },
      [['status'], ['answered']],
    ],
    [
      'polling goes on at once after a stream that does not work',
      probing,
      ended('failed'),
      { phase: 'polling', pollsLeft: 13 },
      wait(0),
    ],
    [
      'polling continues at once after a stream that was refused',
      probing,
      ended('refused'),
      { phase: 'polling', pollsLeft: 13 },
      wait(0),
    ],
    [
      'polling continues at once after a stream that asks for a wait, and tries it later',
      probing,
      ended('failed', 200_000),
      { phase: 'polling', pollsLeft: 41 },
      wait(0),
    ],
    [
      'waiting connects',
      waiting,
      timer,
      { phase: 'connecting', request: 'stream' },
      [['request', 'stream']],
    ],
    [
      'waiting is cut short by a start',
      waiting,
      start,
      { phase: 'connecting' },
      [['cancel'], ['request', 'stream']],
    ],
    ['waiting rests', waiting, pause, { phase: 'idle' }, [['cancel']]],
    ['refused connects', refused, timer, { phase: 'connecting' }, [['request', 'stream']]],
    ['idle closes', idle, close, { phase: 'closed' }, []],
    ['streaming closes', streaming, close, { phase: 'closed', request: undefined }, [['cancel']]],
    ['waiting closes', waiting, close, { phase: 'closed' }, [['cancel']]],
  ])('%s', ([, before, event, after, actions]) => {
    const copy = structuredClone({ ...before, streamError: undefined })
    const step = next(before, { ...event, now: NOW, random: 0.5 })

    expect(step.state).toMatchObject(after)
    expect(step.actions).toEqual(actions)
    expect({ ...before, streamError: undefined }).toEqual(copy)
  })

  test.for<readonly [string, ConnectionState, ConnectionOccurrence]>([
    ['a timer while a request is open', connecting, timer],
    ['a timer while idle', idle, timer],
    ['data of a cancelled request', waiting, heard],
    ['the end of a cancelled request', waiting, ended('failed')],
    ['a start once closed', closed, start],
    ['a sleep once closed', closed, wake],
    ['data once closed', closed, heard],
    ['a second close', closed, close],
  ])('ignores %s', ([, before, event]) => {
    const step = next(before, { ...event, now: NOW, random: 0.5 })

    expect(step).toEqual({ state: before, actions: [] })
  })
})

const occurrences: fc.Arbitrary<ConnectionOccurrence> = fc.oneof(
  fc.constantFrom<ConnectionOccurrence>(start, wake, timer, heard, pause, { type: 'heard' }),
  fc
    .record({
      kind: fc.constantFrom('ended', 'failed', 'refused', 'busy', 'buffered', 'resync'),
      retryMs: fc.constantFrom(0, 7_000, 10_000_000),
    })
    .map(({ kind, retryMs }) => ended(kind as RequestEnd['kind'], retryMs)),
)

interface Occurred {
  readonly event: ConnectionOccurrence
  readonly ms: number
  readonly random: number
}

/** Performs the actions as a driver does, and returns everything that may never happen. */
function violations(events: readonly Occurred[]): string[] {
  const found: string[] = []
  const check = (isFine: boolean, rule: string) => isFine || found.push(rule)
  let current = initialState(POLL_MS)
  let running: 'nothing' | 'request' | 'wait' = 'nothing'
  let now = 0

  for (const { event, ms, random } of events) {
    now += ms
    // Ends of what runs, and late events of what was cancelled.
    if (event.type === 'timer' && running === 'wait') running = 'nothing'
    if (event.type === 'ended' && running === 'request') running = 'nothing'
    const { state: after, actions } = next(current, { ...event, now, random })
    for (const [name, argument] of actions) {
      if (name === 'cancel') {
        check(running !== 'nothing', 'cancels nothing')
        running = 'nothing'
      } else if (name === 'request' || name === 'wait') {
        check(running === 'nothing', `${running} beside ${name}`)
        running = name
      }
      if (name === 'wait') check(argument >= 0 && argument <= 300_000, `waits ${argument} ms`)
    }
    const isResting = after.phase === 'idle' || after.phase === 'closed'
    check((running === 'nothing') === isResting, `${after.phase} with ${running}`)
    check((running === 'request') === (after.request !== undefined), 'forgets a request')
    check(current.phase !== 'closed' || after.phase === 'closed', 'opens after its close')
    current = after
  }
  return found
}

test('has at most one request or timer, and stays closed, whatever happens in whatever order', () => {
  const events: fc.Arbitrary<Occurred[]> = fc.array(
    fc.record({
      event: fc.oneof(
        { weight: 30, arbitrary: occurrences },
        { weight: 1, arbitrary: fc.constant<ConnectionOccurrence>(close) },
      ),
      ms: fc.nat(100_000),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(events, (occurred) => {
      expect(violations(occurred)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
