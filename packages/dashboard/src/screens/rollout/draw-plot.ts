import UPlot, { type AlignedData, type Options, type Series } from 'uplot'
import { clock } from '../../parts/format.ts'
import type { PlotPoint } from './plot-data.ts'

/** Height of the shares and of the evidence below them, in CSS pixels. */
const SHARES_HEIGHT = 190
const EVIDENCE_HEIGHT = 84
const SECOND_MS = 1_000
const PADDING: [number, number, number, number] = [8, 22, 0, 0]

/** Names of tokens, resolved to colours for the canvas. */
export interface PlotColours {
  readonly text: string
  readonly line: string
  readonly treatment: string
  readonly control: string
  readonly bound: string
}

/** Two plots one below the other, whose cursors move together. */
export interface DrawnPlot {
  setPoints(points: readonly PlotPoint[]): void
  setWidth(width: number): void
  /** Moves both cursors to a point. */
  setCursor(index: number): void
  destroy(): void
}

/** Draws the shares of both arms with their band, and below it the evidence with its bound. */
export function drawPlot(
  target: HTMLElement,
  colours: PlotColours,
  onCursor: (index: number | undefined) => void,
): DrawnPlot {
  const frame = { width: Math.max(1, target.clientWidth), sync: UPlot.sync('rollout').key }
  const shares = new UPlot(sharesOptions(frame, colours, onCursor), [[]], target)
  const evidence = new UPlot(evidenceOptions(frame, colours), [[]], target)
  const both = [shares, evidence]
  return {
    setPoints(points) {
      const x = points.map(({ minute }) => minute / SECOND_MS)
      const of = (member: keyof PlotPoint) => points.map((point) => point[member])
      const lines = [x, of('control'), of('treatment'), of('low'), of('high')]
      shares.setData(lines as AlignedData)
      evidence.setData([x, of('evidence'), x.map(() => 100)] as AlignedData)
    },
    setWidth(width) {
      for (const plot of both) plot.setSize({ width, height: plot.height })
    },
    setCursor(index) {
      const left = shares.valToPos(shares.data[0][index]!, 'x')
      shares.setCursor({ left, top: shares.over.clientHeight / 2 })
    },
    destroy() {
      for (const plot of both) plot.destroy()
    },
  }
}

interface Frame {
  readonly width: number
  readonly sync: string
}

function sharesOptions(
  frame: Frame,
  colours: PlotColours,
  onCursor: (index: number | undefined) => void,
): Options {
  const hidden: Series = { width: 0, points: { show: false } }
  return {
    ...common(frame, colours),
    height: SHARES_HEIGHT,
    series: [
      {},
      { ...stroke(colours.control), dash: [5, 4] },
      stroke(colours.treatment),
      hidden,
      hidden,
    ],
    bands: [{ series: [4, 3], fill: translucent(colours.treatment) }],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)] },
  }
}

function evidenceOptions(frame: Frame, colours: PlotColours): Options {
  return {
    ...common(frame, colours),
    height: EVIDENCE_HEIGHT,
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(110, max * 1.1)] } },
    series: [
      {},
      { ...stroke(colours.text), fill: translucent(colours.text) },
      { ...stroke(colours.bound), dash: [2, 3], points: { show: false } },
    ],
  }
}

function common({ width, sync }: Frame, colours: PlotColours) {
  const axis = {
    stroke: colours.text,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width,
    padding: PADDING,
    legend: { show: false },
    cursor: { y: false, sync: { key: sync }, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: fromZero } },
    axes: [
      { ...axis, size: 26, values: clockValues, incrs: MINUTES },
      { ...axis, size: 44, space: 28, values: percentValues },
    ],
  } satisfies Partial<Options>
}

function stroke(colour: string): Series {
  return { stroke: colour, width: 1.75 }
}

function translucent(colour: string): string {
  return `color-mix(in oklab, ${colour} 16%, transparent)`
}

function fromZero(_: UPlot, __: number, max: number): [number, number] {
  return [0, Math.max(1, max * 1.15)]
}

/** Distances of the marks of the time, s: counts are by minute. */
const MINUTES = [1, 2, 5, 10, 30, 60, 120, 360, 1_440].map((minutes) => 60 * minutes)

function clockValues(_: UPlot, seconds: readonly number[]): string[] {
  return seconds.map((one) => clock(new Date(one * SECOND_MS)))
}

function percentValues(_: UPlot, shares: readonly number[]): string[] {
  return shares.map((share) => `${share} %`)
}
