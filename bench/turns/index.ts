import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds } from '../cpu-time.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import { type FlaghoistServer, type Program, startFlaghoistServer, startRelay } from '../server.ts'
import { fileOf, instanceName, type ProjectSize } from './large-project.ts'
import { readAll } from './reads.ts'
import { openStreams } from './streams.ts'
import { previewWrites, type Send, writeMuch } from './writes.ts'

/** The longest turn of the server's event loop that a request may cause, CPU ms. */
const LIMIT_MS = 50
/** Time in which a program that has finished its work uses less than {@link IDLE_CPU_MS}. */
const IDLE_MS = 150
const IDLE_CPU_MS = 15

/** Longest turns by request and program, CPU ms. */
type Turns = Map<string, Readonly<Record<'server' | 'relay', number>>>

export interface TurnsOptions extends ProjectSize {
  /** Runs with a server of their own. The least of them counts, free of what else happened. */
  readonly runs: number
}

/**
 * Measures the longest turn of the event loop that each request of the admin API causes in a server
 * and in a relay of its environment.
 */
export async function benchTurns({ runs, ...size }: TurnsOptions) {
  const least: Turns = new Map()
  for (let run = 0; run < runs; run += 1)
    for (const [name, turns] of await measureTurns(size)) {
      const known = least.get(name) ?? turns
      least.set(name, {
        server: Math.min(known.server, turns.server),
        relay: Math.min(known.relay, turns.relay),
      })
    }
  return reportOf(least)
}

async function measureTurns(size: ProjectSize): Promise<Turns> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const files = { server: join(folder, 'server'), relay: join(folder, 'relay') }
  const probeInto = (file: string) => {
    writeFileSync(file, '')
    return {
      NODE_OPTIONS: `--import=${import.meta.resolve('./probe.ts')}`,
      FLAGHOIST_TURNS_FILE: file,
    }
  }
  const server = await startFlaghoistServer(probeInto(files.server))
  const programs: Program[] = [server]
  try {
    const key = await server.makeKey('production')
    const relay = await startRelay(server.url, key, probeInto(files.relay))
    programs.push(relay)
    await openStreams(relay.url, key, ['production'])

    const turns: Turns = new Map()
    const send = measuredSend(server, { programs, files, turns })
    await untilIdle(programs) // The start ends with a long turn.
    await send('POST', 'import?mode=merge', fileOf(size))
    const everyScope = await server.makeKey()
    await openStreams(server.url, everyScope, ['production', ...scopesOf(size)])
    await writeMuch(send, size)
    await previewWrites(send, size)
    await readAll(send, server)
    return turns
  } finally {
    for (const program of programs.toReversed()) await program.stop()
    rmSync(folder, { recursive: true })
  }
}

function scopesOf({ instances }: ProjectSize): readonly string[] {
  return Array.from({ length: instances }, (_, i) => `production/${instanceName(i)}`)
}

/** Waits until programs have finished their work, such as that of streams after a response. */
async function untilIdle(programs: readonly Program[]): Promise<void> {
  const usedMs = () => programs.reduce((sum, { pid }) => sum + cpuSeconds(pid) * 1_000, 0)
  for (let before = usedMs(), used = Number.POSITIVE_INFINITY; used > IDLE_CPU_MS; ) {
    await sleep(IDLE_MS)
    used = usedMs() - before
    before += used
  }
}

interface Recording {
  readonly programs: readonly Program[]
  readonly files: Readonly<Record<'server' | 'relay', string>>
  readonly turns: Turns
}

/** Returns a function that sends requests, and records the longest turns by their names. */
function measuredSend(
  { url, adminHeaders }: FlaghoistServer,
  { programs, files, turns }: Recording,
): Send {
  return async (method, path, body, name = path) => {
    const from = Date.now()
    const response = await fetch(`${url}/api/v1/projects/default/${path}`, {
      method,
      headers: { ...adminHeaders, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${text.slice(0, 1_000)}`)
    await untilIdle(programs)
    const known = turns.get(`${method} ${name}`) ?? { server: 0, relay: 0 }
    turns.set(`${method} ${name}`, {
      server: Math.max(known.server, longestTurn(files.server, from)),
      relay: Math.max(known.relay, longestTurn(files.relay, from)),
    })
    return method === 'GET' ? {} : JSON.parse(text)
  }
}

/** Returns the longest recorded turn since an instant, CPU ms; 0 without one. */
function longestTurn(file: string, since: number): number {
  const turns = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number])
  return Math.max(0, ...turns.filter(([end]) => end >= since).map(([, ms]) => ms))
}

function reportOf(turns: Turns) {
  const sorted = [...turns].sort(([, a], [, b]) => b.server - a.server)
  const figures = sorted.map(
    ([name, values]): Figure => ({ name, unit: 'ms', better: 'less', values }),
  )
  const markdown = [`${machine()}.`, figuresTable(figures)].join('\n\n')
  console.log(`\n${markdown}`)
  const broken = sorted
    .filter(([, { server, relay }]) => Math.max(server, relay) > LIMIT_MS)
    .map(([name]) => `${name} takes a turn of more than ${LIMIT_MS} ms`)
  return { markdown, figures, broken }
}
