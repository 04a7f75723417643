import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DISK_FAULTS } from './disk-faults.ts'
import type { Weather } from './link.ts'
import type { World } from './world.ts'

/** A fault during which no kill is measured. */
export interface Outage {
  readonly name: string
  /** Brings the fault about, and resolves at its end. */
  run(world: World, lengthMs: number): Promise<void>
}

/** A fault during which streams stay open and kills have a path. */
export interface Hindrance {
  readonly name: string
  /** Time that the path takes for a kill, ms. */
  readonly pathMs: number
  /** Begins the fault, and returns a function that ends it and resolves at its end. */
  begin(world: World): () => Promise<unknown>
}

export type Scenario = Outage | Hindrance

/** Returns true for a fault that ends no stream. */
export function isHindrance(scenario: Scenario): scenario is Hindrance {
  return 'begin' in scenario
}

/** Goal: time from the end of a fault until every SDK is right again, ms. */
export const RIGHT_WITHIN_MS = 2_000
/** Goal: time of a kill beyond that of its path, ms. */
export const KILL_WITHIN_MS = 100

const DAY_MS = 86_400_000

/** The faults of the table. Each leaves the world as it found it. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'server killed (`kill -9`) and started again',
    async run({ server }) {
      await server.kill()
      await server.start()
    },
  },
  {
    name: 'server killed, and down for a while',
    async run({ server }, lengthMs) {
      await server.kill()
      await sleep(lengthMs)
      await server.start()
    },
  },
  {
    name: 'server stopped (`SIGSTOP`)',
    async run({ server }, lengthMs) {
      server.signal('SIGSTOP')
      await sleep(lengthMs)
      server.signal('SIGCONT')
    },
  },
  {
    name: 'CPU starved: the server runs for a tenth of the time',
    async run({ server }, lengthMs) {
      for (const end = performance.now() + lengthMs; performance.now() < end; ) {
        server.signal('SIGSTOP')
        await sleep(90)
        server.signal('SIGCONT')
        await sleep(10)
      }
    },
  },
  {
    name: 'network cut: connections are reset and refused',
    async run({ link }, lengthMs) {
      link.set({ isCut: true })
      await sleep(lengthMs)
      link.set({})
    },
  },
  {
    name: 'network silent: packets vanish, and connections stay open',
    async run({ link }, lengthMs) {
      link.set({ isSilent: true })
      await sleep(lengthMs)
      link.set({})
    },
  },
  {
    name: 'all connections reset at once',
    async run({ link }) {
      link.set({ isCut: true })
      link.set({})
    },
  },
  badPath('300 ms latency', { delayMs: 300 }, 300),
  badPath('20 % of packets lost', { loss: 0.2 }, 1_400),
  badPath('1 KB/s', { bytesPerSecond: 1_024 }, 1_000),
  {
    name: '200 consumers that stop reading their streams',
    pathMs: 0,
    begin: ({ server, key }) => openDeafStreams(server.port, key),
  },
  {
    name: 'all connections reset, and no file handles left for new ones',
    async run({ server, link }, lengthMs) {
      limitHandles(server.pid, 8)
      link.set({ isCut: true })
      link.set({})
      await sleep(lengthMs)
      limitHandles(server.pid, 4_096)
    },
  },
  {
    name: 'clock of the SDKs a day ahead, then a day behind',
    async run(_, lengthMs) {
      const now = Date.now
      for (const days of [1, -1]) {
        Date.now = () => now() + days * DAY_MS
        await sleep(lengthMs / 2)
      }
      Date.now = now
    },
  },
  movedClock('clock of the server a day ahead', DAY_MS),
  movedClock('clock of the server a day behind', -DAY_MS),
  ...DISK_FAULTS,
]

/** The faults of the table between a server and its Redis. */
export const REDIS_SCENARIOS: readonly Outage[] = [
  {
    name: 'Redis killed (`kill -9`) and started again',
    async run({ redis }, lengthMs) {
      await redis?.kill()
      await sleep(lengthMs)
      await redis?.restart()
    },
  },
  {
    name: 'Redis and server killed, and started again',
    async run({ redis, server }) {
      await Promise.all([redis?.kill(), server.kill()])
      await redis?.restart()
      await server.start()
    },
  },
]

function badPath(name: string, weather: Weather, pathMs: number): Hindrance {
  return {
    name,
    pathMs,
    begin({ link }) {
      link.set(weather)
      return () => {
        link.set({})
        // TCP sends a lost packet again when its timer has run out, on a good path as well.
        return link.delivered()
      }
    },
  }
}

function movedClock(name: string, ms: number): Hindrance {
  return {
    name,
    pathMs: 0,
    begin({ server }) {
      server.moveClock(ms)
      return async () => server.moveClock(0)
    },
  }
}

/** Opens streams whose clients read nothing. */
function openDeafStreams(port: number, key: string): () => Promise<void> {
  const head = ['GET /sdk/v1/stream HTTP/1.1', 'host: localhost', `authorization: Bearer ${key}`]
  const sockets = Array.from({ length: 200 }, () => {
    const socket = connect(port, '127.0.0.1').pause()
    socket.on('error', () => undefined)
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    return socket
  })
  return async () => {
    for (const socket of sockets) socket.destroy()
  }
}

/** Sets the limit of open files of a process. Linux only. */
function limitHandles(pid: number, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:4096`])
}
