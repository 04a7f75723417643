import { Agent, request } from 'node:http'
import { median } from '../evaluate/measure.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import { EVENTS_PER_BATCH, KINDS, type Kind, makeBody } from './batches.ts'
import { startFlaghoist, startFloor, type Target } from './servers.ts'

const CONNECTIONS = 128
const BATCHES_PER_ROUND = 2_000
const KIND_NAMES = Object.keys(KINDS) as readonly Kind[]

/**
 * Measures how many exposures and outcomes per second a server stores, compared with a server that
 * discards them.
 */
export async function benchIngest({ rounds }: { readonly rounds: number }) {
  const targets = [await startFloor(), await startFlaghoist()]
  const times = new Map(targets.map(({ name }) => [name, new Map<Kind, number[]>()]))
  const broken: string[] = []
  try {
    for (let round = -1; round < rounds; round += 1)
      for (const kind of KIND_NAMES)
        for (const target of targets) {
          const { seconds, refused } = await sendRound(target, kind)
          if (refused > 0) broken.push(`${target.name} refused ${refused} batches`)
          if (round < 0) continue // Warm-up.
          const known = times.get(target.name)!
          known.set(kind, [...(known.get(kind) ?? []), seconds])
        }
  } finally {
    for (const target of targets) await target.stop()
  }

  const perSecond = (name: string, kind: Kind) =>
    (BATCHES_PER_ROUND * EVENTS_PER_BATCH) / median(times.get(name)!.get(kind)!)
  const figures = KIND_NAMES.map((kind): Figure => {
    const values = Object.fromEntries(targets.map(({ name }) => [name, perSecond(name, kind)]))
    return { name: KINDS[kind], unit: 'events/s', better: 'more', floor: targets[0]!.name, values }
  })
  const about = `${machine()}; median of ${rounds} interleaved rounds of ${BATCHES_PER_ROUND} batches over ${CONNECTIONS} connections. The sender runs on the other core.`
  const markdown = [about, figuresTable(figures)].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures, broken }
}

async function sendRound(target: Target, kind: Kind) {
  const bodies = Array.from({ length: BATCHES_PER_ROUND }, () => makeBody(kind, target.revision))
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let refused = 0
  const work = async () => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop())
      if ((await post(target, agent, body)) !== 202) refused += 1
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  const seconds = (performance.now() - start) / 1_000
  agent.destroy()
  return { seconds, refused }
}

function post({ url, key }: Target, agent: Agent, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/sdk/v1/events`, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.end(body)
  })
}
