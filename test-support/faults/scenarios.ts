import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Weather } from './link.ts'
import type { World } from './world.ts'

/** A fault during which no kill is measured. */
export interface Outage {
  readonly name: string
  /** Brings the fault about, and resolves at its end. */
  run(world: World, lengthMs: number): Promise<void>
}

/** A bad network, in which kills still have a path. */
export interface BadPath {
  readonly name: string
  readonly weather: Weather
  /** Time that the path takes for a kill, ms. */
  readonly pathMs: number
}

export type Scenario = Outage | BadPath

/** Goal: time from the end of a fault until every SDK is right again, ms. */
export const RIGHT_WITHIN_MS = 2_000
/** Goal: time of a kill beyond that of its path, ms. */
export const KILL_WITHIN_MS = 100

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
  { name: '300 ms latency', weather: { delayMs: 300 }, pathMs: 300 },
  { name: '20 % of packets lost', weather: { loss: 0.2 }, pathMs: 1_400 },
  { name: '1 KB/s', weather: { bytesPerSecond: 1_024 }, pathMs: 1_000 },
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
        Date.now = () => now() + days * 86_400_000
        await sleep(lengthMs / 2)
      }
      Date.now = now
    },
  },
]

/** Sets the limit of open files of a process. Linux only. */
function limitHandles(pid: number, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:4096`])
}
