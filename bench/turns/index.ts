import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import { type FlaghoistServer, startFlaghoistServer } from '../server.ts'
import { fileOf, instanceName, type ProjectSize } from './large-project.ts'
import { readAll } from './reads.ts'
import { openStreams } from './streams.ts'
import { previewWrites, type Send, writeMuch } from './writes.ts'

/** The longest turn of the event loop that a read may cause, CPU ms. */
const LIMIT_MS = 50
/** Time after a response in which its request still causes work, such as that of streams. */
const SETTLE_MS = 300

/** Measures the longest turn of the event loop that each request of the admin API causes. */
export async function benchTurns(size: ProjectSize) {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const file = join(folder, 'turns')
  writeFileSync(file, '')
  const server = await startFlaghoistServer({
    NODE_OPTIONS: `--import=${import.meta.resolve('./probe.ts')}`,
    FLAGHOIST_TURNS_FILE: file,
  })
  const longest = new Map<string, number>()
  try {
    const send = measuredSend(server, file, longest)
    await sleep(SETTLE_MS) // The start ends with a long turn.
    await send('POST', 'import?mode=merge', fileOf(size))
    await openStreams(server, ['production', ...scopesOf(size)])
    await writeMuch(send, size)
    await previewWrites(send, size)
    await readAll(send, server)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
  return reportOf(longest)
}

function scopesOf({ instances }: ProjectSize): readonly string[] {
  return Array.from({ length: instances }, (_, i) => `production/${instanceName(i)}`)
}

/** Returns a function that sends requests, and records the longest turn by their names. */
function measuredSend(
  { url, adminHeaders }: FlaghoistServer,
  file: string,
  longest: Map<string, number>,
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
    await sleep(SETTLE_MS)
    const known = longest.get(`${method} ${name}`) ?? 0
    longest.set(`${method} ${name}`, Math.max(known, longestTurn(file, from)))
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

function reportOf(longest: ReadonlyMap<string, number>) {
  const sorted = [...longest].sort(([, a], [, b]) => b - a)
  const figures = sorted.map(([name, ms]) => figureOf(name, ms))
  const markdown = [`${machine()}.`, figuresTable(figures)].join('\n\n')
  console.log(`\n${markdown}`)
  const broken = sorted
    .filter(([name, ms]) => name.startsWith('GET ') && ms > LIMIT_MS)
    .map(([name]) => `${name} takes a turn of more than ${LIMIT_MS} ms`)
  return { markdown, figures, broken }
}

function figureOf(name: string, ms: number): Figure {
  return { name, unit: 'ms', better: 'less', values: { Flaghoist: ms } }
}
