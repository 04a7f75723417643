import type { LiveProject } from '../projects/projects.ts'
import type { Services } from '../services.ts'
import { VERSION } from '../version.ts'
import type { Sample } from './instruments.ts'

type Observable = Pick<Services, 'telemetry' | 'projects' | 'hub' | 'freeSpace' | 'stores'>

/** Adds the gauges that read what the services hold. */
export function observeServices(services: Observable): void {
  const { telemetry, projects, hub, freeSpace, stores } = services
  const gauge = (
    name: string,
    unit: string,
    description: string,
    read: () => Promise<readonly Sample[]> | readonly Sample[],
  ) => telemetry.observe({ name, unit, description, kind: 'gauge', read })

  gauge('flaghoist.build_info', '', 'Versions of the server and of Node', () => [
    { labels: { version: VERSION, node: process.version }, value: 1 },
  ])
  gauge('flaghoist.streams.open', '{stream}', 'Open streams of SDKs', () => [one(hub.size)])
  telemetry.observe({
    name: 'flaghoist.streams.opened',
    unit: '{stream}',
    description: 'Streams that SDKs have opened',
    kind: 'counter',
    read: () => [one(hub.opened)],
  })
  gauge('flaghoist.projects', '{project}', 'Projects by state', () => [
    { labels: { state: 'served' }, value: projects.list().length },
    { labels: { state: 'damaged' }, value: projects.damaged.size },
  ])
  gauge('flaghoist.rollouts', '{rollout}', 'Rollouts that have not ended, by status', () =>
    tally(projects.list().flatMap(rolloutsOf), 'status', ['running', 'paused']),
  )
  gauge('flaghoist.rollout_runs', '{run}', 'Runs of rollouts that have not ended, by state', () =>
    tally(projects.list().flatMap(runStatesOf), 'state', []),
  )
  gauge('flaghoist.store.writable', '', '1 while changes can be stored', async () => {
    const isWritable = stores.check().then(
      () => projects.readOnly === undefined,
      () => false,
    )
    return [one((await isWritable) ? 1 : 0)]
  })
  gauge('flaghoist.disk.free', 'By', 'Free space of the disk of the data folder', async () => {
    const { bytes } = await freeSpace.check()
    return bytes === undefined ? [] : [one(bytes)]
  })
}

function one(value: number): Sample {
  return { labels: {}, value }
}

/** Counts values. Those that are always shown are 0 where there is none. */
function tally(values: readonly string[], label: string, always: readonly string[]): Sample[] {
  const counts = new Map(always.map((value) => [value, 0]))
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([text, value]) => ({ labels: { [label]: text }, value }))
}

function rolloutsOf({ state }: LiveProject): readonly string[] {
  return [...state.rollouts.values()]
    .filter(({ endedAt }) => endedAt === undefined)
    .map(({ status }) => status)
}

function runStatesOf({ state: { rollouts, runs } }: LiveProject): readonly string[] {
  return [...runs]
    .filter(([rollout]) => rollouts.get(rollout)?.endedAt === undefined)
    .flatMap(([, own]) => [...own.values()].map(({ state }) => state))
}
