import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { Flags } from '../../sdk-node/src/index.ts'
import { connectSdk } from './connect-sdk.ts'
import { faultsOf } from './faults.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'

const PATH = '/flags/new-checkout?tab=exposure'

/** Evaluates the flag, and waits until the server has counted it. */
async function evaluate(flags: Flags, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) flags.isEnabled('new-checkout', { targetingKey: `user-${i}` })
  await flags.flush()
}

const rowOf = (page: Page, scope: string) =>
  page.getByRole('row', { name: new RegExp(`^${scope} `) })

/** Widths of the bars in a row, in pixels. */
async function barOf(page: Page, scope: string): Promise<number> {
  const bar = rowOf(page, scope).locator('.bar')
  return (await bar.boundingBox())!.width
}

describe('the exposures of a flag', () => {
  test('compare the scopes and the variants, and follow the programs', async () => {
    const server = await givenShop()
    const [acme, globex] = [
      await connectSdk(server, 'production/acme'),
      await connectSdk(server, 'production/globex'),
    ]
    await evaluate(acme, 30)
    await evaluate(globex, 10)
    const page = await newPerson(server)
    await page.clock.install()
    await page.goto('/flags/new-checkout')
    // By keys alone.
    await page.getByRole('link', { name: 'Exposure' }).focus()
    await page.keyboard.press('Enter')

    await page.getByText('40 exposures in the last 24 hours. Read just now.').waitFor()
    const variants = page.getByRole('list', { name: 'Variants' }).getByRole('listitem')
    const texts = (await variants.allTextContents()).map((text) => text.split(/\s+/).join(' '))
    expect(texts.map((text) => text.trim())).toEqual(['on 30 75 %', 'off 10 25 %'])
    await rowOf(page, 'production/acme').getByText(/on 30/).waitFor()
    // Exposures are counted at the start of their minute, which may be over.
    const globexRow = /^production\/globex off 10 10 (just now|1 min\. ago)/
    await page.getByRole('row', { name: globexRow }).waitFor()
    const whole = await barOf(page, 'production/acme')
    expect((await barOf(page, 'production/globex')) / whole).toBeCloseTo(1 / 3, 1)

    await page.getByText('Shares', { exact: true }).click()
    expect(await barOf(page, 'production/globex')).toBe(whole)
    expect(page.url()).toMatch(/bars=shares/)
    expect(await faultsOf(page, 'section')).toEqual([])

    await evaluate(globex, 20)
    await page.clock.fastForward(10_000)
    await page.getByText('60 exposures in the last 24 hours.').waitFor()
  })

  test('say how old they are while the server does not answer', async () => {
    const server = await givenShop()
    await evaluate(await connectSdk(server, 'production/acme'), 1)
    const page = await newPerson(server)
    await page.clock.install()
    await page.goto(PATH)
    await page.getByText('1 exposure in the last 24 hours. Read just now.').waitFor()

    await page.route('**/exposures', (route) => route.abort())
    await page.clock.fastForward(10_000)
    await page.getByRole('alert').waitFor()
    await page.clock.fastForward(2 * 60_000)
    await page.getByText(/Read 2 min. ago/).waitFor()
  })

  test('teach the evaluation while there are none, and name the programs', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto(PATH)
    await page.getByRole('heading', { name: 'No exposure in 30 days' }).waitFor()
    await page.getByText("flags.isEnabled('new-checkout', user)").waitFor()
    await page.getByRole('link', { name: 'Connect the first program' }).waitFor()

    await connectSdk(server, 'production/acme')
    await page.getByText('1 program is connected, and none has evaluated this flag.').waitFor()
  })
})
