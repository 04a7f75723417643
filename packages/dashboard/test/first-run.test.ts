import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADMIN_KEY } from '../../server/test/http-server.ts'
import { folder, runNode } from '../../server/test/server-process.ts'
import { openStreamClient } from '../../server/test/stream-client.ts'
import { newPerson, newVisitor } from './people.ts'
import { givenNewServer, givenShop } from './shop.ts'

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] }

/** Copies the program of the page, and runs it as its sentence says. */
async function runProgram(page: Page) {
  await page.getByRole('button', { name: 'Copy the program' }).click()
  await page.getByText('Program copied').waitFor()
  const place = folder()
  const packages = join(place, 'node_modules/@flaghoist')
  mkdirSync(packages, { recursive: true })
  symlinkSync(new URL('../../sdk-node', import.meta.url).pathname, join(packages, 'node'))
  const path = join(place, 'first.mjs')
  writeFileSync(path, await page.evaluate(() => navigator.clipboard.readText()))
  return runNode([path], {})
}

test('a new server leads from the sign-in to a program that obeys', async () => {
  const server = await givenNewServer()
  const page = await newVisitor(server, CLIPBOARD)
  await page.goto('/')
  await page.getByLabel('Admin key').fill(ADMIN_KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'First steps' }).waitFor()
  await page.getByText('Waiting for your first SDK…').waitFor()
  await page.getByRole('button', { name: 'Create the flag' }).click()
  await page.getByText('The project has 1 flag.').waitFor()
  await page.getByRole('button', { name: 'Create a server key' }).click()
  await page.getByText('shown only now').waitFor()

  const program = await runProgram(page)
  await program.says(/new-checkout: false/)
  await page.getByText(/^Connected: @flaghoist\/node \d+\.\d+\.\d+$/).waitFor()

  await page.getByRole('button', { name: 'Turn it on' }).click()
  await page.getByText('Confirmed by 1 of 1 program').waitFor()
  await program.says(/new-checkout: true/)
  await page.getByRole('button', { name: 'Turn it off' }).waitFor()
  await page.getByRole('link', { name: 'Home' }).click()
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
  await page.getByRole('link', { name: 'Start a rollout' }).waitFor()
})

test('a program is seen to connect while the event stream is lost', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.route('**/activity*', (route) => route.fulfill({ status: 502 }))
  await page.goto('/start')
  await page.getByText('Waiting for your first SDK…').waitFor()

  const sdk = await openStreamClient(server.url, await server.makeKey('server', 'production/acme'))
  onTestFinished(() => sdk.close())
  await page.getByText(/Connected: .* in\s+production\/acme/).waitFor()
})

describe('the sample project', () => {
  test('is created by one button beside the own one, and deleted in the settings', async () => {
    const server = await givenNewServer()
    const page = await newPerson(server)
    await page.goto('/')
    await page.getByRole('button', { name: 'Create the sample project' }).click()
    await page.getByRole('heading', { name: 'What needs you' }).waitFor()
    await page.getByText('1 flag', { exact: true }).waitFor()
    expect(await page.getByLabel('Project').inputValue()).toBe('sample')
    const { body } = await server.ask<{ total: number }>('GET', 'matrix')
    expect(body.total).toBe(0)
    // The browser has reported its users, too.
    await page
      .getByText(/initech: new-checkout fails for/)
      .first()
      .waitFor()

    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Delete the project sample' }).click()
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete the project' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel('Key of the project, to confirm').fill('sample')
    await confirm.click()
    await page.getByText('The project sample is deleted').waitFor()
    await page.getByRole('link', { name: 'Home' }).click()
    await page.getByRole('button', { name: 'Create the sample project' }).waitFor()
    expect((await server.ask('GET', '/api/v1/projects/sample')).status).toBe(404)
  })

  test('of a key of one project names the right that it needs', async () => {
    const server = await givenNewServer()
    const page = await newPerson(server, { key: await server.makeKey('admin') })
    await page.goto('/')
    const button = page.getByRole('button', { name: 'Create the sample project' })
    await button.waitFor()
    expect(await button.isDisabled()).toBe(true)
    await page.locator('p', { hasText: 'Your key is limited to the project default.' }).waitFor()
  })
})
