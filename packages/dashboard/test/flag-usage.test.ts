import { expect, test } from 'vitest'
import { RECENT } from './ages.ts'
import { connectSdk } from './connect-sdk.ts'
import { faultsOf } from './faults.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'

const PATH = '/flags/new-checkout?tab=usage'

test('the programs of a flag come, fall silent and go before your eyes', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto(PATH)
  await page.getByRole('heading', { name: 'No program uses this flag' }).waitFor()

  const acme = await connectSdk(server, 'production/acme')
  const globex = await connectSdk(server, 'production/globex')
  await page.getByText('2 connected programs receive this flag.').waitFor()
  const rowOf = (scope: string) => page.getByRole('row', { name: new RegExp(`^${scope} `) })
  const version = String.raw`@flaghoist/node \d+\.\d+\.\d+`
  await page
    .getByRole('row', {
      name: new RegExp(`acme ${version} connected \\d+ current none in 30 days`),
    })
    .waitFor()

  await server.ask('PUT', 'flags/new-checkout/layers/production/globex', { body: { on: true } })
  const { body } = await server.ask<{ version: number }>('GET', 'propagation')
  await rowOf('production/globex').getByText(`${body.version} current`).waitFor()
  expect(await faultsOf(page, 'section')).toEqual([])

  acme.isEnabled('new-checkout')
  await acme.close()
  await rowOf('production/acme')
    .getByText(new RegExp(`offline since ${RECENT}`))
    .waitFor()
  await page.getByText('1 program went offline within the last hour.').waitFor()
  await globex.close()
  await page.getByText('0 connected programs receive this flag.').waitFor()
})

test('a scope keeps its last exposure when its programs are forgotten', async () => {
  const server = await givenShop()
  const acme = await connectSdk(server, 'production/acme')
  acme.isEnabled('new-checkout')
  await acme.flush()
  const page = await newPerson(server)
  // An hour after a program went offline, the server lists it no longer.
  await page.route('**/usage', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), connected: 0, sdks: [] } })
  })
  await page.goto(PATH)
  // An exposure is counted at the start of its minute, which may be over.
  const row = /^production\/acme no program in the last hour (just now|1 min\. ago)/
  await page.getByRole('row', { name: row }).waitFor()
})
