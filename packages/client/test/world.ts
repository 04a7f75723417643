import type { Ruleset, RulesetFlag } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { expect } from 'vitest'
import type { HttpHandlers, HttpRequest, Platform } from '../src/platform.ts'

/** A request that a client has sent, to be answered by the test. */
export interface Sent extends HttpRequest {
  /** Virtual time at which it was sent. */
  readonly at: number
  readonly isOpen: boolean
  /** Status and headers. */
  head(status: number, headers?: Readonly<Record<string, string>>): void
  /** Part of the body. */
  text(text: string): void
  end(error?: Error): void
  /** A whole JSON answer. */
  reply(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void
}

/**
 * Time that passes only when the test says so, chance that is chosen, and a network that the test
 * answers for.
 */
export interface World {
  readonly platform: Platform
  /** Requests in order. */
  readonly sent: readonly Sent[]
  readonly warnings: readonly string[]
  /** Requests for a stream or a ruleset that are open now. */
  readonly open: readonly Sent[]
  /** Lets time pass, timer by timer. */
  pass(ms: number): Promise<void>
  /** Lets the machine sleep: all clocks go on, and no timer fires. */
  sleep(ms: number): void
  /** Answers the newest request for a stream with these events. */
  stream(...frames: readonly string[]): Sent
  /** The newest request to a path. */
  last(path: string): Sent
  /** What has been sent to a path. */
  to(path: string): readonly Sent[]
  chance: number
  /**
   * Announces the end of the process or page, as a platform does. `leave(true)` announces that a
   * page is hidden, and `leave(true, true)` that it ends.
   */
  leave(isLast?: boolean, isEnd?: boolean): void
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

export function createWorld(parts: Partial<Platform> = {}): World {
  let now = 0
  const timers = new Set<Timer>()
  const sent: SentRequest[] = []
  const warnings: string[] = []
  const leaving = new Set<(isLast: boolean, isEnd: boolean) => void>()

  const world: World = {
    chance: 0.5,
    sent,
    warnings,
    get open() {
      return sent.filter(({ isOpen, url }) => isOpen && !url.includes('/events'))
    },
    platform: {
      sdk: 'test/1.0.0',
      request(request, on) {
        const made = new SentRequest(request, on, now)
        sent.push(made)
        return () => made.close()
      },
      now: () => START + now,
      elapsed: () => now,
      random: () => world.chance,
      schedule(ms, run) {
        const timer = { at: now + ms, run }
        timers.add(timer)
        return () => timers.delete(timer)
      },
      beforeExit(run) {
        leaving.add(run)
        return () => leaving.delete(run)
      },
      warn: (message) => warnings.push(message),
      ...parts,
    },
    async pass(ms) {
      const end = now + ms
      for (;;) {
        await settled()
        const next = [...timers].sort((a, b) => a.at - b.at)[0]
        if (next === undefined || next.at > end) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = Math.max(now, end)
    },
    sleep(ms) {
      now += ms
    },
    stream(...frames) {
      const request = world.last('/stream')
      request.head(200, { 'content-type': 'text/event-stream' })
      for (const frame of frames) request.text(frame)
      return request
    },
    last: (path) => world.to(path).at(-1)!,
    to: (path) => sent.filter(({ url }) => url.includes(path)),
    leave: (isLast = false, isEnd = !isLast) => {
      for (const run of leaving) run(isLast, isEnd)
    },
  }
  return world
}

/** 33 s into a minute. */
export const START = 1_700_000_040_000 - (1_700_000_040_000 % 60_000) + 33_000

class SentRequest implements Sent {
  readonly method: HttpRequest['method']
  readonly url: string
  readonly headers: HttpRequest['headers']
  readonly body: string | undefined
  readonly at: number
  isOpen = true
  readonly #on: HttpHandlers

  constructor(request: HttpRequest, on: HttpHandlers, at: number) {
    this.method = request.method
    this.url = request.url
    this.headers = request.headers
    this.body = request.body
    this.at = at
    this.#on = on
  }

  close(): void {
    this.isOpen = false
  }

  head(status: number, headers: Readonly<Record<string, string>> = {}): void {
    if (this.isOpen) this.#on.onHead(status, (name) => headers[name])
  }

  text(text: string): void {
    if (this.isOpen) this.#on.onText(text)
  }

  end(error?: Error): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#on.onEnd(error)
  }

  reply(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.head(status, { 'content-type': 'application/json', ...headers })
    if (body !== undefined) this.text(JSON.stringify(body))
    this.end()
  }
}

/** Lets promises that are settled call back. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
}

export const options = { url: 'https://flags.example.com', key: 'fh_server_test' }

export const flag = (on: boolean, revision = 1): RulesetFlag => ({
  revision,
  type: 'boolean',
  variants: { on: true, off: false },
  on,
  off: 'off',
  fallthrough: { variant: 'on' },
})

/** A ruleset in which `new-checkout` is on or off. */
export const ruleset = (version: number, on = true, parts: Partial<Ruleset> = {}): Ruleset => ({
  spec: 1,
  project: 'shop',
  scope: 'production/acme',
  epoch: 'e1',
  version,
  flags: { 'new-checkout': flag(on) },
  segments: {},
  ...parts,
})

export function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

export const put = (version: number, on = true): string => frame('put', ruleset(version, on))

const digest = createDigester()
export const beat = (version: number, on = true): string =>
  frame('heartbeat', { epoch: 'e1', version, digest: digest(ruleset(version, on)) })

export const patch = (from: number, to: number, flags: object = {}, hash?: string): string =>
  frame('patch', { epoch: 'e1', from, to, flags, segments: {}, hash })

export const cut = new Error('ECONNRESET')

/** When the next request for rulesets is sent, counted from now; every one so far has ended. */
export async function waitOf(world: World): Promise<number> {
  expect(world.open).toEqual([])
  const before = world.platform.elapsed()
  const count = world.sent.length
  for (let ms = 0; ms < 1_000_000 && world.open.length === 0; ms += 50) await world.pass(50)
  expect(world.sent.length).toBeGreaterThan(count)
  return world.open[0]!.at - before
}
