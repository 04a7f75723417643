import { type Browser, launchChromium, type Page } from '../../test-support/chromium.ts'
import { median } from '../evaluate/measure.ts'
import { quantile } from '../quantile.ts'
import { type FlaghoistServer, startFlaghoistServer } from '../server.ts'
import { type FileSize, flagName, instanceName } from '../turns/large-project.ts'
import { clickAndPaint, installClock, paintedChange, paintTable, scrollFrames } from './in-page.ts'
import { ENVIRONMENT, variedFile } from './project.ts'
import { type ScreenLoad, visitScreens } from './screens.ts'

export interface BrowserOptions extends FileSize {
  readonly rounds: number
}

/** The frames of a scroll, ms. */
export interface Frames {
  readonly p95: number
  readonly longest: number
  /** Part of the frames that take more than 50 ms. */
  readonly slow: number
  /** CPU time of the main thread for a frame. */
  readonly cpu: number
}

export interface BrowserFigures {
  /** Time from the click on "Flags" until the grid is painted, ms. */
  readonly mount: { readonly first: number; readonly again: number }
  /** CPU time of the main thread for it, ms. */
  readonly mountCpu: number
  /** The same for a plain table of as many cells. */
  readonly table: number
  readonly tableCpu: number
  /** Cells in the document. */
  readonly cells: number
  readonly down: Frames
  readonly pages: Frames
  readonly right: Frames
  /** A plain table with all cells of the matrix. */
  readonly tableDown: Frames
  /** Times from the commit of a change until it is painted, ms. */
  readonly changes: { readonly edits: readonly number[]; readonly kills: readonly number[] }
  readonly screens: readonly ScreenLoad[]
}

const GRID = '[role="grid"]'
const CELL = `${GRID} [role="gridcell"]`
/** Pixels that a notch of a wheel scrolls by, and those of a page. */
const NOTCH = 120
const PAGE = 600
/** Columns beside those of the instances: flag, owner, environment and last change. */
const OTHER_COLUMNS = 4
const CHANGES = 10
const VIEW = { viewport: { width: 1440, height: 860 } }
/** A layer that is on for everyone. */
const ON = { on: true, rules: [], fallthrough: { variant: 'on' } }
const SLOW_MS = 50

/** Measures the matrix of a project in Chromium, and every screen's requests and bytes. */
export async function measureBrowser(options: BrowserOptions): Promise<BrowserFigures> {
  const server = await startFlaghoistServer()
  const browser = await launchChromium()
  try {
    await server.ask('POST', 'import?mode=merge', variedFile(options))
    const mounts: Mount[] = []
    for (let i = 0; i < options.rounds; i += 1) mounts.push(await mountIn(browser, server))
    const { page } = await openHome(browser, server)
    await mount(page)
    await settle(page)
    const cells = await page.locator(CELL).count()
    const frames = {
      down: await scroll(page, { left: 0, top: NOTCH }, 130),
      pages: await scroll(page, { left: 0, top: -PAGE }, 26),
      right: await scroll(page, { left: 20, top: 0 }, 30),
    }
    const changes = await changesIn(page, server)
    await page.context().close()
    const medianOf = (member: keyof Mount) => median(mounts.map((one) => one[member]))
    return {
      mount: { first: medianOf('first'), again: medianOf('again') },
      mountCpu: medianOf('cpu'),
      cells,
      ...frames,
      ...(await measureTable(browser, options, cells)),
      changes,
      screens: await visitScreens(await signIn(browser, server)),
    }
  } finally {
    await browser.close()
    await server.stop()
  }
}

/** A browser of its own, in which a person has signed in, with an empty page. */
async function signIn(browser: Browser, { url, adminHeaders }: FlaghoistServer): Promise<Page> {
  const context = await browser.newContext({ ...VIEW, baseURL: url, reducedMotion: 'reduce' })
  const key = adminHeaders.authorization!.replace('Bearer ', '')
  await context.request.post('/api/v1/session', { data: { key, person: 'Ada' } })
  await context.addInitScript(installClock)
  return context.newPage()
}

async function openHome(browser: Browser, server: FlaghoistServer) {
  const page = await signIn(browser, server)
  await page.goto('/')
  await settle(page)
  return { page, cpu: await watchCpu(page) }
}

/** Returns a function that measures the CPU time of the main thread during an act, ms. */
async function watchCpu(page: Page) {
  const client = await page.context().newCDPSession(page)
  await client.send('Performance.enable', { timeDomain: 'threadTicks' })
  const spent = async () => {
    const { metrics } = await client.send('Performance.getMetrics')
    return 1_000 * metrics.find(({ name }) => name === 'TaskDuration')!.value
  }
  return async <T>(act: () => Promise<T>) => {
    const before = await spent()
    const result = await act()
    await page.evaluate(() => afterPaint())
    return { result, cpu: (await spent()) - before }
  }
}

async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => afterPaint())
}

function mount(page: Page): Promise<number> {
  return page.evaluate(clickAndPaint, { link: 'nav a[href$="/flags"]', shown: CELL })
}

interface Mount {
  readonly first: number
  readonly again: number
  /** CPU time of the second mount. */
  readonly cpu: number
}

/** The first click also loads the code of the screen. */
async function mountIn(browser: Browser, server: FlaghoistServer): Promise<Mount> {
  const { page, cpu } = await openHome(browser, server)
  const first = await mount(page)
  await settle(page)
  await page.evaluate(clickAndPaint, { link: 'nav a[href$="/settings"]', shown: 'h1' })
  await settle(page)
  const again = await cpu(() => mount(page))
  await page.context().close()
  return { first, again: again.result, cpu: again.cpu }
}

async function scroll(
  page: Page,
  step: { readonly left: number; readonly top: number },
  frames: number,
  selector = GRID,
): Promise<Frames> {
  const cpuOf = await watchCpu(page)
  const act = () => page.evaluate(scrollFrames, { selector, frames, step })
  const { result: lengths, cpu } = await cpuOf(act)
  return {
    p95: quantile(lengths, 0.95),
    longest: Math.max(...lengths),
    slow: lengths.filter((ms) => ms > SLOW_MS).length / lengths.length,
    cpu: cpu / lengths.length,
  }
}

/** A plain table with the cells that the grid draws, and one with all cells to scroll. */
async function measureTable(
  browser: Browser,
  { flags, instances, rounds }: BrowserOptions,
  cells: number,
) {
  const page = await browser.newPage(VIEW)
  await page.evaluate(installClock)
  const cpuOf = await watchCpu(page)
  const columns = instances + OTHER_COLUMNS
  const drawn = { rows: Math.ceil(cells / columns), columns }
  const painted: { readonly result: number; readonly cpu: number }[] = []
  for (let i = 0; i < rounds; i += 1)
    painted.push(await cpuOf(() => page.evaluate(paintTable, drawn)))
  await page.evaluate(paintTable, { rows: flags, columns })
  const tableDown = await scroll(page, { left: 0, top: NOTCH }, 130, '#table')
  await page.close()
  return {
    table: median(painted.map(({ result }) => result)),
    tableCpu: median(painted.map(({ cpu }) => cpu)),
    tableDown,
  }
}

/** Switches and kills a flag in turn, in an instance whose cell is on screen. */
async function changesIn(page: Page, server: FlaghoistServer) {
  await page.evaluate((grid) => document.querySelector(grid)!.scrollTo(0, 0), GRID)
  const scope = `${ENVIRONMENT}/${instanceName(1)}`
  const row = `[role="row"]:has(a[href$="/flags/${flagName(0)}"])`
  const timeOf = async (state: string, method: string, path: string, body: object) => {
    const shown = `${row} [aria-label^="${scope}: ${state}"]`
    const painted = page.evaluate(paintedChange, shown)
    await server.ask(method, `flags/${flagName(0)}/${path}`, body)
    const { items } = await server.ask<{ items: { at: string }[] }>('GET', 'changes?limit=1')
    return (await painted) - Date.parse(items[0]!.at)
  }
  const edits: number[] = []
  const kills: number[] = []
  const layer = `layers/${scope}`
  await server.ask('PUT', `flags/${flagName(0)}/${layer}`, ON)
  for (let i = 0; i < CHANGES; i += 1) {
    edits.push(await timeOf('off', 'PUT', layer, { on: false }))
    kills.push(await timeOf('killed', 'POST', 'kill', { scopes: [scope] }))
    await server.ask('POST', `flags/${flagName(0)}/restore`, { scopes: [scope] })
    edits.push(await timeOf('on', 'PUT', layer, ON))
  }
  return { edits, kills }
}
