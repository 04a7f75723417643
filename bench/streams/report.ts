import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import type { AcceptRate } from './accepts.ts'
import type { BroadcastTimes } from './kills.ts'

/** The same measurement of Flaghoist, of a floor, and of a program over sockets of `node:http`. */
interface Both<T> {
  readonly ours: T
  readonly floor: T
  readonly sockets?: T
}

export interface Measured {
  readonly streams: number
  /** Memory of an open stream, kB. */
  readonly memory: Both<number>
  /** Rates of accepted streams, by their kind. */
  readonly accepts: Readonly<Record<string, Both<AcceptRate>>>
  /** Kills with a single open stream. */
  readonly alone: Both<BroadcastTimes>
  /** Kills with all streams open, by their encoding. */
  readonly kills: Readonly<Record<string, Both<BroadcastTimes>>>
}

/** Limits of a run. The aims are 1.1, 3 ms, 0.82 and 20 kB; the rest is noise of a machine. */
const MAX_P99_RATIO = 1.2
const MAX_FIRST_MS = 4
const MIN_ACCEPT_RATIO = 0.6
const MAX_MEMORY_KB = 21

/** Describes the measurements, and names the limits that they exceed. */
export function report(measured: Measured) {
  const { streams, memory } = measured
  const figures = [
    ...killFigures(measured),
    ...acceptFigures(measured),
    less('memory of a stream', 'kB', memory),
  ]
  const head = `${machine()}; ${streams.toLocaleString('en')} streams of one server, which runs on one core, and the load on the other.`
  const markdown = [head, figuresTable(figures)].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures, broken: brokenBy(measured) }
}

/** The floor of a first socket is that of a kill with a single stream. */
function killFigures({ alone, kills }: Measured): readonly Figure[] {
  return Object.entries(kills).flatMap(([encoding, times]) => [
    less(`kill to the first socket (${encoding})`, 'ms', {
      ours: times.ours.first,
      floor: alone.ours.first,
    }),
    less(`kill to half of the sockets (${encoding})`, 'ms', partOf(times, 'p50')),
    less(`kill to 99 % of the sockets (${encoding})`, 'ms', partOf(times, 'p99')),
    less(`CPU time of a kill for one socket (${encoding})`, 'µs', partOf(times, 'cpu')),
  ])
}

function partOf({ ours, floor, sockets }: Both<BroadcastTimes>, part: keyof BroadcastTimes) {
  return {
    ours: ours[part],
    floor: floor[part],
    ...(sockets && { sockets: sockets[part] }),
  }
}

function acceptFigures({ accepts }: Measured): readonly Figure[] {
  return Object.entries(accepts).flatMap(([kind, { ours, floor }]) => [
    more(kind, 'streams per second', { ours: ours.wall, floor: floor.wall }),
    more(kind, 'streams per second of CPU time', { ours: ours.cpu, floor: floor.cpu }),
  ])
}

const less = (name: string, unit: string, both: Both<number>) => figure('less', name, unit, both)
const more = (name: string, unit: string, both: Both<number>) => figure('more', name, unit, both)

function figure(
  better: Figure['better'],
  name: string,
  unit: string,
  { ours, floor, sockets }: Both<number>,
): Figure {
  const values = {
    Flaghoist: ours,
    floor,
    ...(sockets !== undefined && { 'sockets of node:http': sockets }),
  }
  return { name, unit, better, floor: 'floor', values }
}

function brokenBy({ memory, accepts, alone, kills }: Measured): readonly string[] {
  const broken: string[] = []
  for (const [encoding, { ours, floor }] of Object.entries(kills)) {
    const ratio = ours.p99 / floor.p99
    if (ratio > MAX_P99_RATIO)
      broken.push(`${encoding}: a kill takes ${ratio.toFixed(2)}× of raw TCP`)
    if (ours.first - alone.ours.first > MAX_FIRST_MS)
      broken.push(`${encoding}: a kill reaches the first socket after ${ours.first.toFixed(1)} ms`)
  }
  for (const [kind, { ours, floor }] of Object.entries(accepts)) {
    const ratio = ours.cpu / floor.cpu
    if (ratio < MIN_ACCEPT_RATIO)
      broken.push(`${kind}: streams open at ${ratio.toFixed(2)}× of node:http`)
  }
  if (memory.ours > MAX_MEMORY_KB) broken.push(`a stream takes ${memory.ours.toFixed(1)} kB`)
  return broken
}
