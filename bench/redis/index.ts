import { machine } from '../evaluate/table.ts'
import type { Figure } from '../figures.ts'
import { quantile } from '../quantile.ts'
import { measureAnnouncements, measureCommits } from './commits.ts'
import { open, startContenders } from './stores.ts'
import { measureMemory, measureUnits } from './units.ts'

/** Compares the stores in Redis with the one in a data folder, and measures what they use. */
export async function benchRedis({ units }: { readonly units: number }) {
  const contenders = await startContenders()
  const { sqlite, redis, cluster, server, urls } = contenders
  const named = { 'data folder (SQLite)': sqlite, Redis: redis, 'Redis Cluster': cluster }
  const rows: string[] = []
  const broken: string[] = []
  const measured: Record<string, readonly number[]> = {}
  for (const [name, stores] of Object.entries(named)) {
    const { p50, p99, together, lost } = await measureCommits(stores)
    const { perSecond: added, lost: lostUnits } = await measureUnits(stores, units / 10)
    if (lost !== 0) broken.push(`${name}: ${lost} acknowledged changes are not in the logs`)
    if (lostUnits !== 0) broken.push(`${name}: ${lostUnits} acknowledged units are not counted`)
    measured[name] = [p50, p99, together, added]
    const cells = [ms(p50), ms(p99), whole(together), whole(added)]
    rows.push(`| ${[name, ...cells].join(' | ')} |`)
  }
  const other = await Promise.all(urls.map(open))
  const times = [
    await measureAnnouncements(redis, other[0]!),
    await measureAnnouncements(cluster, other[1]!),
  ]
  const memory = await measureMemory(redis, server, units)
  await Promise.all([...other.map((stores) => stores.close()), contenders.stop()])

  const [alone, inCluster] = times.map(
    (some) => `${ms(quantile(some, 0.5))} ms, p99 ${ms(quantile(some, 0.99))} ms`,
  )
  const head = [
    '|  | change p50, ms | p99, ms | changes/s of 32 writers | new units/s |',
    '|---|--:|--:|--:|--:|',
  ]
  const facts = [
    `- From the call of an append to its announcement in another server: p50 ${alone} with one Redis, and p50 ${inCluster} with a Cluster.`,
    `- Memory of Redis: ${whole(memory.perUnit)} bytes per unit (${whole(units)} units of one attempt), and ${whole(memory.perBatch)} bytes per id of a batch.`,
  ]
  const about = `${machine()}; Redis on the same machine, \`appendfsync always\`. Each change and each batch is on the disk before it is acknowledged.`
  const markdown = [about, [...head, ...rows].join('\n'), facts.join('\n')].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures: figuresOf(measured), broken }
}

const COLUMNS = [
  { name: 'change, p50', unit: 'ms', better: 'less' },
  { name: 'change, p99', unit: 'ms', better: 'less' },
  { name: 'changes of 32 writers', unit: 'changes/s', better: 'more' },
  { name: 'new units', unit: 'units/s', better: 'more' },
] as const

/** @param measured the values of the columns, by store */
function figuresOf(measured: Readonly<Record<string, readonly number[]>>): readonly Figure[] {
  return COLUMNS.map((column, i) => {
    const values = Object.entries(measured).map(([name, row]) => [name, row[i]!])
    return { ...column, values: Object.fromEntries(values) }
  })
}

function ms(value: number): string {
  return value.toFixed(2)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
