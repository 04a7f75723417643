/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Functions that run in the page. Each is sent there by itself, so it uses no other. */

declare global {
  /** Resolves with the time after the next frame is painted. Set by {@link installClock}. */
  var afterPaint: () => Promise<number>
}

export function installClock(): void {
  globalThis.afterPaint = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        // A message is handled after the frame that is being made.
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => resolve(performance.now())
        port2.postMessage(undefined)
      })
    })
}

/** Clicks on a link. Returns the time until what it shows is painted, ms. */
export async function clickAndPaint({
  link,
  shown,
}: {
  readonly link: string
  readonly shown: string
}): Promise<number> {
  const began = performance.now()
  document.querySelector<HTMLElement>(link)!.click()
  await new Promise<void>((resolve) => {
    const observer = new MutationObserver(() => {
      if (document.querySelector(shown) === null) return
      observer.disconnect()
      resolve()
    })
    observer.observe(document, { childList: true, subtree: true })
  })
  return (await afterPaint()) - began
}

/** Replaces the page by a plain table, and returns the time until it is painted, ms. */
export async function paintTable({
  rows,
  columns,
}: {
  readonly rows: number
  readonly columns: number
}): Promise<number> {
  const began = performance.now()
  const row = `<tr>${'<td>+</td>'.repeat(columns)}</tr>`
  document.body.innerHTML = `<div id="table" style="height: 700px; overflow: auto"><table>${row.repeat(rows)}</table></div>`
  return (await afterPaint()) - began
}

/** Scrolls an element by a step in each frame. Returns the lengths of the frames, ms. */
export async function scrollFrames({
  selector,
  frames,
  step,
}: {
  readonly selector: string
  readonly frames: number
  /** Pixels of each frame. */
  readonly step: { readonly left: number; readonly top: number }
}): Promise<readonly number[]> {
  const element = document.querySelector(selector)!
  const nextFrame = () =>
    new Promise<number>((resolve) => {
      requestAnimationFrame(() => resolve(performance.now()))
    })
  const lengths: number[] = []
  let before = await nextFrame()
  for (let i = 0; i < frames; i += 1) {
    element.scrollBy(step)
    const now = await nextFrame()
    lengths.push(now - before)
    before = now
  }
  return lengths
}

/** Returns the instant at which an element is painted, epoch ms. */
export async function paintedChange(selector: string): Promise<number> {
  const isShown = () => document.querySelector(selector) !== null
  if (!isShown())
    await new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!isShown()) return
        observer.disconnect()
        resolve()
      })
      observer.observe(document, { attributes: true, childList: true, subtree: true })
    })
  return performance.timeOrigin + (await afterPaint())
}
