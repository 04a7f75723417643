import { fork } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ordersTo } from '../child-orders.ts'
import { cpuSeconds } from '../cpu-time.ts'
import { createVictim, type Victim } from '../rollouts/kills.ts'
import { type FlaghoistServer, startFlaghoistServer } from '../server.ts'
import { type FileSize, fileOf, flagName, instanceName } from '../turns/large-project.ts'
import type { Traffic } from './people.ts'

const PEOPLE = fileURLToPath(new URL('people.ts', import.meta.url))
/** Time between two changes of the write load, ms. */
const WRITE_MS = 200

export interface CrowdOptions extends FileSize {
  readonly dashboards: number
  readonly kills: number
}

/** Kills and the load of the server during them. */
export interface Phase {
  /** Times from the request of a kill to an SDK that obeys, ms. */
  readonly kills: readonly number[]
  /** CPU time of the server, as a part of one core. */
  readonly cpu: number
  /** Traffic of the dashboards per second. */
  readonly requests: number
  readonly bytes: number
}

/** Measures kills of a large project without dashboards, with them, and while all reload. */
export async function measureCrowd(options: CrowdOptions) {
  const server = await startFlaghoistServer()
  const people = startPeople(server)
  try {
    await server.ask('POST', 'import?mode=merge', fileOf(options))
    const victim = await createVictim(server)
    const phase = (reloads: boolean) => measurePhase({ server, victim, people, reloads }, options)
    const without = await phase(false)
    await people.order('open', options.dashboards)
    const open = await phase(false)
    const reloading = await phase(true)
    await victim.close()
    return { without, open, reloading }
  } finally {
    people.end()
    await server.stop()
  }
}

/** Dashboards in a process of their own, so that their work does not delay the measuring SDK. */
function startPeople({ url, adminHeaders }: FlaghoistServer) {
  const child = fork(PEOPLE, {
    env: { ...process.env, SERVER_URL: url, AUTHORIZATION: adminHeaders.authorization },
  })
  return {
    order: ordersTo(child),
    // After its own end, the child is disconnected already.
    end: () => child.connected && child.disconnect(),
  }
}

interface PhaseParts {
  readonly server: FlaghoistServer
  readonly victim: Victim
  readonly people: ReturnType<typeof startPeople>
  /** All dashboards load their matrix again, time after time. */
  readonly reloads: boolean
}

async function measurePhase(
  { server, victim, people, reloads }: PhaseParts,
  { kills, flags, instances }: CrowdOptions,
): Promise<Phase> {
  const ending = new AbortController()
  const { signal } = ending
  await people.order('traffic')
  const [began, cpu] = [performance.now(), cpuSeconds(server.pid)]
  const loads = [
    repeat(signal, async (i) => {
      const scope = `production/${instanceName(i % instances)}`
      await server.ask('PUT', `flags/${flagName(i % flags)}/layers/${scope}`, { on: i % 2 === 0 })
      await wait(WRITE_MS)
    }),
    ...(reloads ? [repeat(signal, () => people.order('reload'))] : []),
  ]
  const times: number[] = []
  for (let i = 0; i < kills; i += 1) {
    await wait(Math.random() * 100)
    times.push(await victim.kill())
  }
  ending.abort()
  await Promise.all(loads)
  const seconds = (performance.now() - began) / 1_000
  const { requests, bytes } = (await people.order('traffic')) as Traffic
  return {
    kills: times,
    cpu: (cpuSeconds(server.pid) - cpu) / seconds,
    requests: requests / seconds,
    bytes: bytes / seconds,
  }
}

async function repeat(signal: AbortSignal, act: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; !signal.aborted; i += 1) await act(i)
}
