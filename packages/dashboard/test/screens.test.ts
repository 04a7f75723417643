import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { faultsOf } from './faults.ts'
import { newPerson, newVisitor } from './people.ts'
import { addRare, startSampleServer } from './sample-server.ts'
import { PARTS, RARE, SCREENS, type Screen } from './screens.ts'
import { faultsOfSize } from './size-faults.ts'
import { faultsOfTab } from './tab-walk.ts'
import { LOW, PHONE, resize, WIDE } from './windows.ts'

let server: TestServer
beforeAll(async () => {
  server = await startSampleServer()
  return () => server[Symbol.asyncDispose]()
})

/** Checks screens by axe, by Tab and on a phone. Returns the faults, with the paths. */
async function faultsOfScreens(page: Page, screens: readonly Screen[]) {
  const faults: string[] = []
  const note = (path: string, found: readonly string[]) =>
    faults.push(...found.map((fault) => `${path}: ${fault}`))
  for (const [path, text, part] of screens) {
    await resize(page, LOW)
    await page.goto(path)
    await page.getByText(text).first().waitFor()
    note(path, await faultsOf(page, part))
    await resize(page, WIDE)
    if (part !== 'dialog') note(path, await faultsOfTab(page))
    // Data that arrive late change the size.
    await page.waitForLoadState('networkidle')
    await resize(page, PHONE)
    note(path, await faultsOfSize(page, 'main'))
  }
  return faults
}

describe('Tab reaches every control, axe finds no fault, and it all fits on a phone', () => {
  test('on every screen of the sample project', { timeout: 360_000 }, async () => {
    const page = await newPerson(server)
    expect(await faultsOfScreens(page, [...SCREENS, ...PARTS])).toEqual([])
  })

  test('on those with a freeze, a view and a subscription', { timeout: 60_000 }, async () => {
    await addRare(server)
    const page = await newPerson(server)
    expect(await faultsOfScreens(page, RARE)).toEqual([])
  })
})

test('axe finds no fault in any theme on the sign-in', async () => {
  const page = await newVisitor(server)
  await page.goto('/')
  await page.getByLabel('Admin key').waitFor()
  expect(await faultsOf(page)).toEqual([])
})

test('a button keeps its colour under the pointer, so that its text stays readable', async () => {
  const page = await newPerson(server, { viewport: LOW })
  await page.goto('/keys')
  for (const name of ['Create a key', 'Kill', 'Revoke Ada']) {
    const button = page.getByRole('button', { name }).first()
    const colour = () => button.evaluate((one) => getComputedStyle(one).backgroundColor)
    await button.waitFor()
    const before = await colour()
    await button.hover()
    expect(await colour()).toBe(before)
  }
})

test('the walk finds a control that Tab skips, and one that traps the focus', async () => {
  const page = await newVisitor(server)
  await page.setContent('<button>A</button><button tabindex="-1">B</button><input>')
  expect(await faultsOfTab(page)).toEqual(['never has the focus: <button tabindex="-1">B</button>'])
  await page.setContent('<button>A</button><input>')
  await page.locator('input').evaluate((input) => {
    input.addEventListener('keydown', (event) => event.preventDefault())
  })
  expect(await faultsOfTab(page)).toEqual(['<input> traps the focus'])
})
