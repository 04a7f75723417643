import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Request } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import type { TestServer } from '../../server/test/http-server.ts'
import { PANELS } from '../demo/panels.ts'
import { DIST, isCodeOf, manifest } from './chunks.ts'
import { areaOf, faultsOfPanels } from './each-panel.ts'
import { faultsOf } from './faults.ts'
import { LOW, newPerson } from './people.ts'
import { startFullServer } from './sample-server.ts'

let browser: Browser
let server: TestServer
beforeAll(async () => {
  browser = await launchChromium()
  server = await startFullServer()
})
afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
})

/** Sources of the dialogs that are loaded when they open. The sign-in has a test of its own. */
const DIALOGS = Object.keys(manifest).filter(
  (source) =>
    source.endsWith('.svelte') &&
    source !== 'src/session/SignInAgain.svelte' &&
    /<(Modal|FormDialog|ConfirmDialog)\b/.test(readFileSync(join(DIST, '..', source), 'utf8')),
)

test('axe finds no fault in any panel, in any theme', { timeout: 240_000 }, async () => {
  const page = await newPerson(browser, server, { viewport: LOW })
  const loaded: Request[] = []
  page.on('request', (request) => loaded.push(request))
  const faults = await faultsOfPanels(page, PANELS, (panel) => faultsOf(page, areaOf(panel)))
  expect(faults).toEqual([])
  expect(DIALOGS.filter((source) => !loaded.some(isCodeOf(source)))).toEqual([])
  expect(DIALOGS.length).toBeGreaterThan(0)
})
