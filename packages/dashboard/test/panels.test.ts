import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Request } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { PANELS } from '../demo/panels.ts'
import { DIST, isCodeOf, manifest } from './chunks.ts'
import { faultsOfPanels } from './each-panel.ts'
import { faultsOf } from './faults.ts'
import { faultsOfPanel } from './panel-checks.ts'
import { newPerson } from './people.ts'
import { startFullServer } from './sample-server.ts'
import { faultsOfTab } from './tab-walk.ts'

let server: TestServer
beforeAll(async () => {
  server = await startFullServer()
  return () => server[Symbol.asyncDispose]()
})

/** Sources of the dialogs that are loaded when they open. The sign-in has a test of its own. */
const DIALOGS = Object.keys(manifest).filter(
  (source) =>
    source.endsWith('.svelte') &&
    source !== 'src/session/SignInAgain.svelte' &&
    /<(Modal|FormDialog|ConfirmDialog)\b/.test(readFileSync(join(DIST, '..', source), 'utf8')),
)

test('every panel is used by keys alone, has no fault of axe and fits on a phone', {
  timeout: 360_000,
}, async () => {
  const page = await newPerson(server)
  const loaded: Request[] = []
  page.on('request', (request) => loaded.push(request))
  expect(await faultsOfPanels(page, PANELS, (panel) => faultsOfPanel(page, panel))).toEqual([])
  expect(DIALOGS.filter((source) => !loaded.some(isCodeOf(source)))).toEqual([])
  expect(DIALOGS.length).toBeGreaterThan(0)
})

test('the sign-in after the end of a session stays on Escape', async () => {
  const page = await newPerson(server)
  await page.goto('/keys')
  await page.getByText('not used for 30 days').first().waitFor()
  const { body } = await server.ask<{ items: { id: string }[] }>('GET', '/api/v1/sessions')
  for (const { id } of body.items) await server.ask('DELETE', `/api/v1/sessions/${id}`)
  for (const key of ['g', 'f']) await page.keyboard.press(key)
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor()
  // A browser closes a dialog on the second Escape, although the page refused the first.
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Escape')
  expect(await dialog.evaluate((element) => element.matches(':modal'))).toBe(true)
  expect(await faultsOfTab(page, { part: 'dialog', isModal: true })).toEqual([])
  expect(await faultsOf(page, 'dialog')).toEqual([])
})
