import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'

const ACME = {
  key: 'acme',
  name: 'Acme',
  // The form shows tags as a text with commas.
  tags: { note: 'pilot, since spring' },
  owner: 'team-acme',
  timeZone: 'UTC',
  status: 'active',
}

async function givenAcme(members: object = {}): Promise<TestServer> {
  const server = await givenShop()
  const { key: _, ...body } = { ...ACME, ...members }
  await server.ask('PATCH', 'instances/acme', { body })
  return server
}

const acmeOf = async (server: TestServer) => (await server.ask('GET', 'instances/acme')).body

async function openForm(page: Page) {
  await page.goto('/instances/acme')
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByRole('dialog').waitFor()
}

describe('an instance', () => {
  test('gets business hours, and loses them with the undo', async () => {
    const server = await givenAcme()
    const page = await newPerson(server, { timezoneId: 'UTC' })
    await openForm(page)
    const save = page.getByRole('button', { name: /^Save/ })
    expect(await save.isDisabled()).toBe(true)
    await page.getByText('In business hours').click()
    await page.getByRole('checkbox', { name: 'fri' }).uncheck()
    await page.getByLabel('From').fill('08:30')
    await page.getByLabel('Time zone').fill('Europe/Zurich')
    await saveWith(page, 'Their team works then')
    await page
      .getByText(/Rollouts advance mon, tue, wed, thu from 08:30 to 17:00 in Europe/)
      .waitFor()
    const businessHours = { days: ['mon', 'tue', 'wed', 'thu'], from: '08:30', to: '17:00' }
    expect(await acmeOf(server)).toEqual({ ...ACME, timeZone: 'Europe/Zurich', businessHours })

    await page.keyboard.press('u')
    await page.getByText('Rollouts advance at any hour. Time zone UTC').waitFor()
    expect(await acmeOf(server)).toEqual(ACME)
  })

  test('is created with business hours, and the creation is undone', async () => {
    const server = await givenShop()
    const page = await newPerson(server, { timezoneId: 'Europe/Zurich' })
    await page.goto('/instances')
    await page.getByRole('button', { name: 'Create an instance' }).first().click()
    await page.getByLabel('Key, as scopes name it').fill('hooli')
    await page.getByLabel('Tags').fill('tier=pilot')
    await page.getByText('In business hours').click()
    await page.getByRole('checkbox', { name: 'fri' }).uncheck()
    await saveWith(page, 'A new customer')
    await page.getByText(/Rollouts advance mon, tue, wed, thu from 09:00 to 17:00/).waitFor()
    expect((await server.ask('GET', 'instances/hooli')).body).toEqual({
      key: 'hooli',
      name: 'hooli',
      tags: { tier: 'pilot' },
      owner: '',
      timeZone: 'Europe/Zurich',
      businessHours: { days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '17:00' },
      status: 'active',
    })

    await page.keyboard.press('u')
    await expect.poll(async () => (await server.ask('GET', 'instances/hooli')).status).toBe(404)
  })

  test('is renamed, tagged and left without business hours', async () => {
    const businessHours = { days: ['mon'], from: '22:00', to: '04:00' }
    const server = await givenAcme({ businessHours })
    const page = await newPerson(server)
    await openForm(page)
    await page.getByLabel('Name').fill('Acme Corporation')
    await page.getByLabel('Tags').fill('region=eu, tier=pilot')
    await page.getByLabel('Owner').fill('team-east')
    const mon = page.getByRole('checkbox', { name: 'mon' })
    await mon.uncheck()
    await page.getByRole('status').filter({ hasText: 'Choose a day of the week.' }).waitFor()
    expect(await page.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true)
    await page.getByText('At any hour').click()
    await saveWith(page, 'A new contract')
    await page.getByText('region=eu, tier=pilot').waitFor()
    expect(await acmeOf(server)).toEqual({
      ...ACME,
      name: 'Acme Corporation',
      tags: { region: 'eu', tier: 'pilot' },
      owner: 'team-east',
    })
  })

  test('is paused, activated and retired, unless another person was first', async () => {
    const server = await givenAcme()
    const page = await newPerson(server)
    await page.goto('/instances/acme')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('The server refuses changes to what a flag serves here').waitFor()
    await saveWith(page, 'They close their books')
    await page.getByText('paused', { exact: true }).waitFor()
    expect(await acmeOf(server)).toEqual({ ...ACME, status: 'paused' })
    await page.getByRole('button', { name: 'Activate' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()

    await page.getByRole('button', { name: 'Retire' }).click()
    await page.getByText('0 programs connected now.').waitFor()
    await server.ask('PATCH', 'instances/acme', { body: { status: 'paused' } })
    await page.getByText('paused', { exact: true }).waitFor({ state: 'attached' })
    await page.getByLabel('Reason, for the change log').fill('The contract has ended')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').getByText('Another person has saved a change').waitFor()
    expect(await acmeOf(server)).toEqual({ ...ACME, status: 'paused' })
  })
})

test('the release notes of an instance are those of production, or of another environment', async () => {
  const server = await givenAcme()
  await server.ask('POST', 'environments', { body: { key: 'staging', order: 1 } })
  await server.ask('PATCH', 'environments/production', { body: { order: 2 } })
  const page = await newPerson(server)
  await page.goto('/instances/acme')
  await page.getByRole('button', { name: 'Release notes' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('In production, from').waitFor()
  await dialog.getByLabel('Environment').selectOption('staging')
  await dialog.getByText('In staging, from').waitFor()
})
