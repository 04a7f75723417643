import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable, markdownTable } from '../figures.ts'
import { quantile } from '../quantile.ts'
import { type BrowserFigures, type BrowserOptions, type Frames, measureBrowser } from './browser.ts'
import { type CrowdOptions, measureCrowd, type Phase } from './crowd.ts'
import type { ScreenLoad } from './screens.ts'

/** Aims of the dashboard. */
const MAX_MOUNT_MS = 150
const MAX_FRAME_MS = 50
const MAX_CHANGE_MS = 100
const MAX_FIRST_LOAD = 60_000
const MAX_SCREEN = 30_000
/** Time by which dashboards may delay 99 of 100 kills, ms. */
const MAX_KILL_DELAY_MS = 10

interface DashboardOptions {
  readonly browser: BrowserOptions
  readonly crowd: CrowdOptions
}

/** Measures the dashboard in Chromium, and a server with many open dashboards. */
export async function benchDashboard({ browser, crowd }: DashboardOptions) {
  const inBrowser = await measureBrowser(browser)
  const kills = await measureCrowd(crowd)
  const figures = [...browserFigures(inBrowser), ...crowdFigures(kills)]
  const markdown = [
    `${machine()}; Chromium without a GPU. ${browser.flags} flags × ${browser.instances} instances, ${inBrowser.cells} cells in the document; kills with ${crowd.flags.toLocaleString('en')} flags × ${crowd.instances} instances and ${crowd.dashboards} dashboards.`,
    figuresTable(figures),
    screensTable(inBrowser.screens),
  ].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures, broken: [...brokenInBrowser(inBrowser), ...brokenByCrowd(kills)] }
}

const less = (name: string, unit: string, ours: number, floor?: number): Figure => ({
  name,
  unit,
  better: 'less',
  ...(floor !== undefined && { floor: 'plain table' }),
  values: { dashboard: ours, ...(floor !== undefined && { 'plain table': floor }) },
})

function browserFigures(measured: BrowserFigures): readonly Figure[] {
  const { mount, mountCpu, table, tableCpu, down, right, pages, tableDown, changes } = measured
  const frames = (name: string, ours: Frames, floor?: Frames) => [
    less(`frame ${name}, p95`, 'ms', ours.p95, floor?.p95),
    less(`frame ${name}, longest`, 'ms', ours.longest, floor?.longest),
    less(`frames ${name} over ${MAX_FRAME_MS} ms`, '%', ours.slow * 100),
    less(`CPU time of a frame ${name}`, 'ms', ours.cpu, floor?.cpu),
  ]
  return [
    less('click on Flags → painted, first', 'ms', mount.first, table),
    less('click on Flags → painted, again', 'ms', mount.again, table),
    less('CPU time of the page for it, again', 'ms', mountCpu, tableCpu),
    ...frames('while scrolling down', down, tableDown),
    ...frames('while scrolling by pages', pages),
    ...frames('while scrolling right', right),
    less('commit of an edit → painted, p50', 'ms', quantile(changes.edits, 0.5)),
    less('commit of an edit → painted, p95', 'ms', quantile(changes.edits, 0.95)),
    less('commit of a kill → painted, p50', 'ms', quantile(changes.kills, 0.5)),
    less('commit of a kill → painted, p95', 'ms', quantile(changes.kills, 0.95)),
  ]
}

type Phases = Awaited<ReturnType<typeof measureCrowd>>

function crowdFigures({ without, open, reloading }: Phases): readonly Figure[] {
  const figure = (name: string, unit: string, of: (phase: Phase) => number): Figure => ({
    name,
    unit,
    better: 'less',
    values: {
      'no dashboards': of(without),
      'dashboards open': of(open),
      'dashboards reload': of(reloading),
    },
  })
  return [
    ...[0.5, 0.99].map((part) =>
      figure(`kill → SDK on the old path, p${part * 100}`, 'ms', ({ kills }) =>
        quantile(kills, part),
      ),
    ),
    figure('CPU time of the server', 'cores', ({ cpu }) => cpu),
    figure('requests of dashboards', 'per second', ({ requests }) => requests),
    figure('bytes to dashboards', 'kB per second', ({ bytes }) => bytes / 1_000),
  ]
}

function screensTable(screens: readonly ScreenLoad[]): string {
  return markdownTable(
    ['screen', 'scripts and styles, kB gzip', 'requests'],
    screens.map(({ path, bytes, requests }) => [
      path,
      (bytes / 1_000).toFixed(1),
      `${requests.length}`,
    ]),
  )
}

function brokenInBrowser({ mount, down, right, changes, screens }: BrowserFigures): string[] {
  const broken: string[] = []
  if (mount.again > MAX_MOUNT_MS) broken.push(`the matrix mounts in ${Math.round(mount.again)} ms`)
  for (const [name, frames] of Object.entries({ down, right }))
    if (frames.slow > 0)
      broken.push(`scrolling ${name} has a frame of ${Math.round(frames.longest)} ms`)
  const change = quantile([...changes.edits, ...changes.kills], 0.95)
  if (change > MAX_CHANGE_MS)
    broken.push(`a change is painted after ${Math.round(change)} ms (p95)`)
  for (const [i, { path, bytes }] of screens.entries())
    if (bytes > (i === 0 ? MAX_FIRST_LOAD : MAX_SCREEN)) broken.push(`${path} loads ${bytes} bytes`)
  return broken
}

function brokenByCrowd({ without, open }: Phases): string[] {
  const delay = quantile(open.kills, 0.99) - quantile(without.kills, 0.99)
  return delay > MAX_KILL_DELAY_MS ? [`dashboards delay kills by ${delay.toFixed(1)} ms (p99)`] : []
}
