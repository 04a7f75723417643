import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { RECENT } from './ages.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'

const CH_PRO = [
  [
    { attribute: 'plan', op: 'in', values: ['pro'] },
    { attribute: 'country', op: 'in', values: ['ch'] },
  ],
]
const STAFF = { key: 'staff', include: ['ada', 'bob'], exclude: ['eve'], when: CH_PRO }
const FOR_STAFF = {
  on: true,
  rules: [
    {
      id: 'staff',
      when: [[{ attribute: 'targetingKey', op: 'segment', values: ['staff'] }]],
      serve: { variant: 'on' },
    },
  ],
}

/** A shop with the segments beta and staff; new-checkout uses staff for acme. */
async function givenSegments(): Promise<TestServer> {
  const server = await givenShop()
  await server.ask('POST', 'segments', { body: STAFF })
  await server.ask('POST', 'segments', { body: { key: 'beta' } })
  await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: FOR_STAFF })
  return server
}

describe('the segments', () => {
  test('show their size and use as they change, and open by keys', async () => {
    const server = await givenSegments()
    const page = await newPerson(server)
    await page.goto('/segments')
    await page.getByText('2 segments; 1 not in use.').waitFor()
    const staff = page.getByRole('row', {
      name: new RegExp(`^staff 2 1 1 new-checkout ${RECENT}`),
    })
    await staff.waitFor()
    expect(await staff.getByRole('link', { name: 'new-checkout' }).getAttribute('href')).toBe(
      '/flags/new-checkout',
    )
    await server.ask('DELETE', 'segments/beta')
    await page.getByText('1 segment; 0 not in use.').waitFor()
    await page.getByRole('grid').focus()
    await page.keyboard.press('Enter')
    await page
      .getByText('2 keys included, 1 excluded, 1 condition. Used by new-checkout.')
      .waitFor()
    await page.getByText(new RegExp(`Last edited ${RECENT}`)).waitFor()
    await page.getByRole('link', { name: 'production/acme' }).click()
    await page.waitForURL('**/flags/new-checkout?scope=production%2Facme')
  })

  test('begin with one that is created from the empty list', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/segments')
    await page.getByText('curl -X POST').waitFor()
    await page.getByRole('button', { name: 'Create a segment' }).click()
    await page.getByLabel('Key, as rules name it').fill('staff')
    await page.getByLabel('Included targeting keys').fill('ada\n bob \n\nada')
    await page.keyboard.press('Control+Enter')
    await page.getByText('2 keys included, 0 excluded, 0 conditions. Not in use.').waitFor()
  })
})

describe('the tester of a segment', () => {
  test('says who is in and why, and its link shows the same', async () => {
    const server = await givenSegments()
    const page = await newPerson(server)
    await page.goto('/segments/staff')
    const field = page.getByLabel('Targeting key, or context as JSON')
    await field.fill('ada')
    await page.getByText('In. The targeting key is in the included list.').waitFor()
    await field.fill('{"targetingKey": "eve", "plan": "pro"')
    await page.getByText('Not a JSON object yet.').waitFor()
    await field.fill('{"targetingKey": "cy", "plan": "pro"}')
    await page.getByText('Out. No list has the targeting key, and no condition matches.').waitFor()
    await page.getByText('plan is pro : matches').waitFor()
    await page.getByText('and country is ch : does not match').waitFor()

    await page.reload()
    await page.getByText('Out. No list has the targeting key').waitFor()
  })
})

describe('a segment', () => {
  test('gains and loses many keys at once, and the undo restores them', async () => {
    const server = await givenSegments()
    const page = await newPerson(server)
    await page.goto('/segments/staff')
    await page.getByRole('button', { name: 'Edit included' }).click()
    const many = Array.from({ length: 500 }, (_, i) => `user-${i}`)
    await page.getByLabel('Targeting keys to add').fill(['ada', ...many].join('\n'))
    await page.getByLabel('Targeting keys to remove').fill('bob\nnobody')
    await page.getByText('Adds 500 keys to 2, and removes 1.').waitFor()
    await saveWith(page, 'New colleagues')
    await page.getByText('501 keys included').waitFor()
    const { body } = await server.ask<{ items: unknown[] }>('GET', 'changes?limit=1')
    expect(body.items).toMatchObject([{ action: 'segment.update', reason: 'New colleagues' }])

    await page.keyboard.press('u')
    await page.getByText('2 keys included').waitFor()
  })

  test('has conditions as fields, which the server checks', async () => {
    const server = await givenSegments()
    const page = await newPerson(server)
    await page.goto('/segments/staff')
    await page.getByRole('button', { name: 'Edit', exact: true }).waitFor()
    await page.keyboard.press('e')
    const dialog = page.getByRole('dialog')
    const condition = (index: number) =>
      dialog.getByRole('group', { name: 'Condition', exact: true }).nth(index)
    await condition(1).getByRole('button', { name: 'Remove' }).click()
    await condition(0).getByLabel('Values').fill('pro\nteam')
    await dialog.getByText('Members: plan is pro or team.').waitFor()
    await dialog.getByRole('button', { name: 'Or…' }).click()
    const save = dialog.getByRole('button', { name: /^Save/ })
    expect(await save.isDisabled()).toBe(true)

    await condition(1).getByLabel('Attribute').fill('instance.tags.region')
    await condition(1).getByLabel('Values').fill('eu')
    await save.click()
    await page.getByRole('alert').getByText('A segment cannot read the tag').first().waitFor()
    await condition(1).getByLabel('Attribute').fill('country')
    await saveWith(page, 'Teams too')

    await page.getByText('plan is pro or team').waitFor()
    await page.getByText('country is eu').waitFor()
    const { body } = await server.ask<{ when: unknown }>('GET', 'segments/staff')
    expect(body.when).toEqual([
      [{ attribute: 'plan', op: 'in', values: ['pro', 'team'] }],
      [{ attribute: 'country', op: 'in', values: ['eu'] }],
    ])
  })

  test('that a flag uses is kept, with the words of the API; another one is deleted', async () => {
    const server = await givenSegments()
    const page = await newPerson(server)
    await page.goto('/segments/staff')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('It is in use by new-checkout.').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').getByText('"new-checkout" in production/acme').first().waitFor()

    await page.goto('/segments/beta')
    await page.getByRole('button', { name: 'Delete' }).click()
    await saveWith(page, 'Nobody uses it')
    await page.getByText('1 segment; 0 not in use.').waitFor()
    await page.keyboard.press('u')
    await page.getByText('2 segments; 1 not in use.').waitFor()
  })

  test('of 100,000 keys shows the first ones, and finds any other', async () => {
    const server = await givenShop()
    const include = Array.from({ length: 100_000 }, (_, i) => `user-${i}`)
    await server.ask('POST', 'segments', { body: { key: 'all', include } })
    const page = await newPerson(server)
    await page.goto('/segments/all')
    await page.getByText('And 99,940 more.').waitFor()
    expect(await page.locator('main li').count()).toBe(60)
    await page.getByLabel('Find a targeting key').fill('user-99999')
    await page.getByText('user-99999').waitFor()
    expect(await page.locator('main li').count()).toBe(1)
  })

  test('hides its people from a key of one instance, and names the missing right', async () => {
    const server = await givenSegments()
    const key = await server.makeKey('admin', 'production/acme')
    const page = await newPerson(server, { key })
    await page.goto('/segments/staff')
    await page.locator('p', { hasText: 'Your key is limited to production/acme.' }).waitFor()
    await page.getByText('2 keys included').waitFor()
    expect(await page.getByText('bob').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
  })
})
