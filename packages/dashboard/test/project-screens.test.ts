import { describe, expect, test } from 'vitest'
import { connectSdk } from './connect-sdk.ts'
import { newPerson, saveWith } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'

describe('the instances', () => {
  test('show their programs and overrides, and which differ from their environment', async () => {
    const server = await givenShop()
    await connectSdk(server, 'production/acme')
    const page = await newPerson(server)
    await page.goto('/instances')
    await page.getByText('2 instances; 0 need attention, 1 without a connected program.').waitFor()
    await page.getByRole('row', { name: /^acme .* production 1 / }).waitFor()

    await page.getByRole('link', { name: 'acme' }).click()
    await page.getByText('1 of 1 flag differ from their environments').waitFor()
    await page
      .getByRole('gridcell', { name: 'production: on, set here, while production is off' })
      .waitFor()
  })

  test('are created by a form, which shows the words of the API, and retired', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/instances')
    await page.getByRole('button', { name: 'Create an instance' }).click()
    await page.getByLabel('Key, as scopes name it').fill('acme')
    await page.getByLabel('Tags').fill('region=eu, tier=pilot')
    await page.keyboard.press('Control+Enter')
    await page.getByText('The instance "acme" already exists.').waitFor()
    await page.getByLabel('Key, as scopes name it').fill('hooli')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: 'hooli' }).waitFor()

    await page.getByRole('button', { name: 'Retire' }).click()
    await page.getByText('0 programs connected now.').waitFor()
    await page.getByLabel('Reason, for the change log').fill('The contract has ended')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('button', { name: 'Activate' }).waitFor()
    const { body } = await server.ask('GET', 'instances/hooli')
    expect(body).toMatchObject({ status: 'retired', tags: { region: 'eu', tier: 'pilot' } })
  })
})

test('the log says who did what and why, shows the difference, and reverts by keys', async () => {
  const server = await givenShop()
  await server.ask('PATCH', 'environments/production', { body: { protected: true } })
  await server.ask('POST', 'flags/new-checkout/kill', {
    body: { scopes: ['production/acme'], reason: 'Card payments fail' },
  })
  const page = await newPerson(server)
  await page.goto('/log?flag=new-checkout&since=1h')
  const entry = page.getByRole('button', { name: /killed new-checkout in production\/acme: Card/ })
  await entry.click()
  await page.getByText('killed').and(page.locator('dt')).waitFor()

  await page.keyboard.press('r')
  await page.getByRole('heading', { name: /Revert change \d+/ }).waitFor()
  await page.getByText('1 flag and 1 cell change.').waitFor()
  await page.keyboard.press('Control+Enter')
  await page
    .getByText(/Ada reverted a change of new-checkout/)
    .first()
    .waitFor()
  const { body } = await server.ask<{ layers: Record<string, object> }>('GET', 'flags/new-checkout')
  expect(body.layers['production/acme']).not.toHaveProperty('killed')
})

describe('the log', () => {
  test('names the request and the hash of a change, and the state of the chain', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/log')
    const { body } = await server.ask<{ items: { seq: number; hash: string }[] }>('GET', 'changes')
    const [head] = body.items
    await page
      .getByText(`Each change from 1 to ${head!.seq} names the hash of the one before it.`)
      .waitFor()
    await page.getByText(head!.hash.slice(0, 12)).waitFor()
    await page.getByText('flaghoist-server verify', { exact: true }).waitFor()

    const { headers } = await server.ask('PUT', 'flags/new-checkout/layers/production', {
      body: { on: true },
    })
    await page.getByText(`Each change from 1 to ${head!.seq + 1} names`).waitFor()
    const entry = page.getByRole('listitem').filter({ hasText: 'replaced the settings' }).first()
    await entry.getByRole('button', { expanded: false }).click()
    await entry.getByText(headers.get('x-request-id')!, { exact: true }).waitFor()
    await page.goto('/log?flag=new-checkout')
    await page.getByText('replaced the settings').first().waitFor()
    expect(await page.getByText('names the hash').count()).toBe(0)
  })

  test('goes back to the first change, also while others change the project', {
    timeout: 60_000,
  }, async () => {
    const server = await givenShop()
    const change = (owner: string) => server.ask('PATCH', 'flags/new-checkout', { body: { owner } })
    for (let i = 0; i < 300; i += 1) await change(`team-${i}`)
    const page = await newPerson(server)
    await page.goto('/log')
    const entries = page.getByRole('main').getByRole('listitem')
    await entries.nth(49).waitFor()
    expect(await entries.count()).toBe(50)
    const more = page.getByRole('button', { name: 'Load more' })
    await more.click()
    await entries.nth(249).waitFor()
    await change('team-late')
    await entries.nth(250).waitFor()
    await more.click()
    const { body } = await server.ask<{ version: number }>('GET', 'head')
    await page.getByText(`Each change from 1 to ${body.version} names`).waitFor()
    expect(await entries.count()).toBe(body.version)
    expect(await more.count()).toBe(0)
  })
})

describe('a revert', () => {
  test('that a later change forbids says so before it is sent', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: true } })
    await page.goto('/flags/new-checkout?tab=history')
    await page.getByRole('button', { name: 'Revert change' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 flag and 2 cells change.').waitFor()
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: false } })
    await dialog
      .getByRole('alert')
      .getByText(/have changed since/)
      .first()
      .waitFor()
    expect(await dialog.getByRole('button', { name: /^Revert/ }).isDisabled()).toBe(true)
  })

  test('of the cause keeps the kill that came first', async () => {
    const server = await givenShop()
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: true } })
    await server.ask('POST', 'flags/new-checkout/kill', { body: { scopes: ['production'] } })
    const page = await newPerson(server)
    await page.goto('/flags/new-checkout?tab=history')
    await page.getByRole('button', { name: 'Revert change' }).nth(1).click()
    await page.getByText(/Settings of 1 flag change, but no cell does/).waitFor()
    await saveWith(page, 'It fails at acme')
    await page.getByText(/^Change \d+ is reverted/).waitFor()

    const { body } = await server.ask<{ layers: object }>('GET', 'flags/new-checkout')
    expect(body.layers).toHaveProperty('production', { killed: expect.anything() })
  })

  test('against a freeze is confirmed with a reason', async () => {
    const server = await givenShop()
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: true } })
    const window = { yearly: { from: '01-01', to: '12-31' } }
    await server.ask('POST', 'freezes', {
      body: { key: 'audit', environments: ['production'], window, zone: 'instance' },
    })
    const page = await newPerson(server)
    await page.goto('/log?flag=new-checkout')
    await page.getByRole('button', { name: 'Revert change' }).first().click()
    await page.getByLabel('Revert although the freeze is in force').check()
    await page.getByText('1 flag and 2 cells change.').waitFor()
    await saveWith(page, 'It breaks the tests')
    await page.getByText('against a freeze').waitFor()
  })

  test('of a change outside the scope of the key is disabled', async () => {
    const server = await givenShop()
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: true } })
    await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: { on: false } })
    const key = await server.makeKey('admin', 'production/acme')
    const page = await newPerson(server, { key })
    await page.goto('/log?flag=new-checkout')
    const reverts = page.getByRole('button', { name: 'Revert change' })
    await reverts.nth(1).waitFor()
    expect(await reverts.nth(0).isEnabled()).toBe(true)
    expect(await reverts.nth(1).isDisabled()).toBe(true)
    expect(await reasonOf(reverts.nth(1))).toMatch(/Your key is limited/)

    await page.getByRole('button', { expanded: false }).nth(1).focus()
    await page.keyboard.press('r')
    await page.getByRole('status').getByText('Your key is limited to production/acme.').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })
})

test('the connections say first how many programs obey', async () => {
  const server = await givenShop()
  await connectSdk(server, 'production/acme')
  await connectSdk(server, 'production/globex')
  const page = await newPerson(server)
  await page.goto('/connections')
  await page.getByText(/^2 of 2 programs serve version \d+/).waitFor()

  // It changes nothing in the scope of the other program, which confirms no newer version.
  await server.ask('PUT', 'flags/new-checkout/layers/production/globex', { body: { on: true } })
  const { body } = await server.ask<{ version: number }>('GET', 'propagation')
  await page.getByText(`2 of 2 programs serve version ${body.version}`).waitFor()
  await page.getByRole('cell', { name: `${body.version} current`, exact: true }).waitFor()
  expect(await page.getByRole('cell', { name: /^\d+ current$/ }).count()).toBe(2)

  await page.getByPlaceholder('production/acme').fill('globex')
  await page.getByRole('cell', { name: 'production/acme' }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: /^production\/globex @flaghoist\/node/ }).waitFor()
})

test('a context is tried in two scopes, and only the differences are shown', async () => {
  const server = await givenShop()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  const page = await newPerson(server)
  await page.goto('/try?scope=production/acme')
  await page.getByRole('row', { name: 'search false The flag is switched off.' }).waitFor()
  await page.getByRole('button', { name: 'Compare with another' }).click()
  await page.getByLabel('Scope').nth(1).fill('production/globex')
  await page.getByRole('columnheader', { name: 'Why in production/globex' }).waitFor()
  await page.getByText('1 of 2 flags differ.').waitFor()
  await page
    .getByRole('row', { name: /^new-checkout true .* false The flag is switched off/ })
    .waitFor()
  expect(new URL(page.url()).searchParams.get('scope2')).toBe('production/globex')
})

test('a key is created with its secret, which works, and revoked', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/keys')
  await page.getByRole('button', { name: 'Create a key' }).click()
  await page.getByLabel('Name').fill('Checkout service')
  await page.getByLabel('Scope').fill('production/acme')
  await page.keyboard.press('Control+Enter')
  const key = await page.getByLabel('Secret').inputValue()
  const ruleset = () => server.ask('GET', '/sdk/v1/ruleset', { key })
  expect((await ruleset()).status).toBe(200)

  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Revoke Checkout service' }).click()
  await page.getByText('Its connections end at once').waitFor()
  await page.getByLabel('Reason, for the change log').fill('The service is gone')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'Revoke Checkout service' }).waitFor({ state: 'detached' })
  expect((await ruleset()).status).toBe(401)
})

test('a project whose keys are all revoked has none in force, and shows them on demand', async () => {
  const server = await givenShop()
  await server.ask('POST', '/api/v1/projects', { body: { key: 'depot' } })
  const keys = '/api/v1/projects/depot/keys'
  const { body } = await server.ask<{ id: string }>('POST', keys, {
    body: { name: 'Checkout service', kind: 'server' },
  })
  await server.ask('DELETE', `${keys}/${body.id}`)
  const page = await newPerson(server)
  await page.goto('/keys?project=depot')
  await page.getByText('No key is in force').waitFor()
  await page.getByRole('button', { name: 'Show all keys' }).click()
  await page.getByRole('row', { name: /^Checkout service .* revoked/ }).waitFor()
})

test.for([
  ['/instances', 'Create an instance'],
  ['/segments', 'Create a segment'],
  ['/rollout-metrics', 'Create a metric'],
  ['/freezes', 'Create a freeze'],
  ['/notifications', 'Create a subscription'],
  ['/keys', 'Create a key'],
] as const)('the palette of %s has the command "%s"', async ([path, title]) => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto(path)
  await page.getByRole('button', { name: title }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill(title)
  await page.getByRole('option', { name: title, exact: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: title }).waitFor()
})

test('a key of an instance may create no key, and the page names the right', async () => {
  const server = await givenShop()
  const key = await server.makeKey('admin', 'production/acme')
  const page = await newPerson(server, { key })
  await page.goto('/keys')
  const create = page.getByRole('button', { name: 'Create a key' })
  await create.waitFor()
  expect(await create.isDisabled()).toBe(true)
  expect(await reasonOf(create)).toContain('Your key is limited to production/acme.')
})

test('a freeze refuses changes until a person ends it', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/freezes')
  await page.getByText('-d \'{"key": "holidays"').waitFor()
  await page.getByRole('button', { name: 'Create a freeze' }).click()
  await page.getByLabel('Key', { exact: true }).fill('all-year')
  await page.getByText('Each year').click()
  await page.getByLabel('From', { exact: true }).fill('01-01')
  await page.getByLabel('To', { exact: true }).fill('12-31')
  const environments = page.getByRole('group', { name: 'Environments' })
  await environments.getByText('Only these').click()
  await page.getByRole('checkbox', { name: 'production' }).check()
  await page.getByLabel('Reason, for the change log').fill('Audit')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('row', { name: /^all-year each year from 01-01 to 12-31/ }).waitFor()
  const write = () =>
    server.ask('PATCH', 'flags/new-checkout/layers/production', { body: { on: true } })
  expect((await write()).status).toBeGreaterThanOrEqual(400)

  await page.getByRole('button', { name: 'End all-year' }).click()
  await page.getByLabel('Reason, for the change log').fill('The audit is over')
  await page.keyboard.press('Control+Enter')
  await page.getByText('No freezes yet').waitFor()
  expect((await write()).status).toBe(200)
})

describe('the environments in the settings', () => {
  test('are created, protected, and deleted with an undo', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Create an environment' }).click()
    await page.getByLabel('Key, as scopes name it').fill('staging')
    await page.getByLabel('Order').fill('0')
    await saveWith(page, 'Tests before a release')
    await page.getByRole('row', { name: /^staging staging no no/ }).waitFor()
    const { body } = await server.ask('GET', 'environments/staging')
    expect(body).toMatchObject({ name: 'staging', order: 0, protected: false })

    await page.getByRole('button', { name: 'Edit production' }).click()
    await page.getByLabel('Name').fill('Customers')
    await page.getByRole('checkbox', { name: /^Protected/ }).check()
    await saveWith(page, 'Nobody changes it by accident')
    await page.getByRole('row', { name: /^production Customers yes no/ }).waitFor()

    await page.getByRole('button', { name: 'Delete staging' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete staging' })
    await dialog.waitFor()
    await page.keyboard.press('Control+Enter')
    // The event stream may remove the row before the response, and with it the undo, arrives.
    await dialog.waitFor({ state: 'detached' })
    const row = page.getByRole('row', { name: /^staging/ })
    await row.waitFor({ state: 'detached' })
    await page.keyboard.press('u')
    await row.waitFor()
  })

  test('stay while settings name them', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Delete production' }).click()
    await page.getByRole('dialog', { name: 'Delete production' }).waitFor()
    await page.keyboard.press('Control+Enter')
    await page
      .getByRole('alert')
      .getByText(/new-checkout/)
      .first()
      .waitFor()
  })
})

test('a session of another browser is ended in the settings', async () => {
  const server = await givenShop()
  const other = await newPerson(server, { name: 'Bob' })
  const page = await newPerson(server)
  await page.goto('/settings')
  await page.getByRole('row', { name: /^Ada this browser/ }).waitFor()
  await page.getByRole('button', { name: 'Sign out Bob' }).click()
  await page.getByRole('button', { name: 'Sign out Bob' }).waitFor({ state: 'detached' })
  await other.goto('/flags')
  await other.getByLabel('Admin key').waitFor()
})

test('the environments are loaded by a request while a proxy refuses the event stream', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.route('**/api/**/activity*', (route) => route.fulfill({ status: 502 }))
  await page.goto('/instances/acme')
  await page.getByRole('grid', { name: 'Flags in acme' }).waitFor()
  await page.getByRole('button', { name: 'Edit', exact: true }).waitFor()
  await page.goto('/start-rollout')
  await page.getByRole('option', { name: 'production' }).waitFor({ state: 'attached' })
})

test('a form stays open when an event stream that a proxy has refused begins', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  const allowed = Promise.withResolvers<void>()
  let requests = 0
  await page.route('**/api/**/activity*', async (route) => {
    requests += 1
    if (requests === 1) return route.fulfill({ status: 502 })
    await allowed.promise
    return route.continue()
  })
  await page.goto('/instances/acme')
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByLabel('Owner').fill('team-east')
  allowed.resolve()
  await page.getByText(/^\s*live/).waitFor()
  expect(await page.getByLabel('Owner').inputValue()).toBe('team-east')
})

test('without an event stream, a refused step shows the change that is in its way', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.route('**/api/**/activity*', (route) => route.fulfill({ status: 502 }))
  await page.goto('/instances/acme')
  await page.getByRole('button', { name: 'Retire', exact: true }).click()
  await server.ask('PATCH', 'instances/acme', { body: { owner: 'team-east' } })
  await page.getByLabel('Reason, for the change log').fill('The contract has ended')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('alert').getByText('Another person has saved a change').waitFor()
  await page.getByRole('dialog').getByText('team-east').waitFor()
  await page.keyboard.press('Control+Enter')
  await page.getByText('retired', { exact: true }).waitFor()
})
