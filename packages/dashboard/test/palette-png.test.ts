import { expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { type Pixels, readPng, toPalettePng } from '../demo/palette-png.ts'

/** Mean difference of the channels of two images of the same size. */
function differenceOf(one: Pixels, other: Pixels): number {
  const channels = ({ colours }: Pixels) =>
    Array.from(colours, (colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]).flat()
  const [values, others] = [channels(one), channels(other)]
  return values.reduce((sum, value, i) => sum + Math.abs(value - others[i]!), 0) / values.length
}

/** A page with words of several colours. The edges of their letters have many more. */
const page = (words: number) =>
  `<body style="margin: 0; background: #0a66c2">${Array.from(
    { length: words },
    (_, i) => `<b style="color: hsl(${11 * i} 80% 70%)">Flags </b>`,
  ).join('')}`

test('a browser shows a picture of 256 colours as it shows the whole one', async () => {
  const browser = await launchChromium()
  try {
    const window = await browser.newPage({ viewport: { width: 301, height: 120 } })
    const show = async (html: string) => {
      await window.setContent(html)
      return window.screenshot()
    }
    const shown = async (png: Buffer) =>
      readPng(
        await show(
          `<body style="margin: 0"><img src="data:image/png;base64,${png.toString('base64')}">`,
        ),
      )
    const few = readPng(await show(page(2)))
    expect([few.width, few.height, few.colours.at(-1)]).toEqual([301, 120, 0x0a66c2])
    expect(new Set(few.colours).size).toBeLessThanOrEqual(256)
    expect(differenceOf(few, await shown(toPalettePng(few)))).toBe(0)

    const many = readPng(await show(page(30)))
    expect(new Set(many.colours).size).toBeGreaterThan(300)
    expect(differenceOf(many, await shown(toPalettePng(many)))).toBeLessThan(0.5)
    expect(differenceOf(many, few)).toBeGreaterThan(2)
  } finally {
    await browser.close()
  }
})
