import type { RedisKind } from '../../test-support/faults/mortal-redis.ts'
import {
  measureSeveralServers,
  type SeveralServersOptions,
  type SeveralServersResult,
} from '../../test-support/faults/several-servers.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, markdownTable, type Report } from '../figures.ts'

export type ServersOptions = Omit<SeveralServersOptions, 'redis'>

const KINDS: readonly RedisKind[] = ['Redis', 'Redis Cluster']

/** Kills servers and their Redis amid random changes, and checks what SDKs and the log hold. */
export async function benchServers(options: ServersOptions): Promise<Report> {
  const results: SeveralServersResult[] = []
  for (const redis of KINDS) results.push(await measureSeveralServers({ ...options, redis }))
  const markdown = render(results, options)
  console.log(`\n${markdown}`)
  const broken = results.flatMap((result, i) => brokenPromises(result, KINDS[i]!, options))
  return { markdown, figures: figuresOf(results), broken }
}

function render(results: readonly SeveralServersResult[], options: ServersOptions): string {
  const { sdks, changes, kills, seed } = options
  const { servers } = results[0]!
  const head = `${machine()}; ${servers} servers, ${sdks} SDKs, ${changes.toLocaleString('en')} requests, ${kills} kills of a server, of Redis or of both, seed ${seed}.`
  const row = (name: string, cell: (result: SeveralServersResult) => string) => [
    name,
    ...results.map(cell),
  ]
  const rows = [
    row('acknowledged changes lost', (one) => `${one.lost.length} of ${one.acknowledged}`),
    row('changes stored twice', (one) => `${one.repeated.length}`),
    row(
      'SDKs and servers without the ruleset of the store in the end',
      (one) => `${one.different.length} of ${sdks + servers}`,
    ),
    row('versions back', (one) => `${one.backwards.length}`),
    row('all changes and kills', (one) => `${Math.round(one.writtenMs / 1_000)} s`),
    row('right again after the last change', (one) => `${Math.round(one.rightMs)} ms`),
  ]
  return [head, markdownTable(['', ...KINDS], rows)].join('\n\n')
}

function figuresOf(results: readonly SeveralServersResult[]): readonly Figure[] {
  const figure = (
    name: string,
    unit: string,
    measured: (result: SeveralServersResult) => number,
  ): Figure => {
    const values = Object.fromEntries(results.map((one, i) => [KINDS[i]!, measured(one)]))
    return { name, unit, better: 'less', values }
  }
  return [
    figure('acknowledged changes lost', 'changes', ({ lost }) => lost.length),
    figure('right again after the last change', 'ms', ({ rightMs }) => rightMs),
  ]
}

function brokenPromises(
  { acknowledged, lost, repeated, different, backwards }: SeveralServersResult,
  kind: RedisKind,
  { seed }: ServersOptions,
): readonly string[] {
  const broken = { lost, repeated, different, backwards }
  return [
    ...Object.entries(broken).flatMap(([what, found]) =>
      found.length > 0 ? `${kind}, seed ${seed}: ${what}: ${found.join(', ')}` : [],
    ),
    ...(acknowledged === 0 ? [`${kind}, seed ${seed}: nothing was measured`] : []),
  ]
}
