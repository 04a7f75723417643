import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { RECENT } from './ages.ts'
import { newPerson, saveWith } from './people.ts'
import { reasonOf } from './refusals.ts'
import { givenShop } from './shop.ts'

const step = { audience: { share: 20 }, minMinutes: 30, minUnits: 500, gate: 'healthy' }
const PILOTS = {
  key: 'pilots-first',
  name: 'Pilots first',
  waves: [
    { name: 'Pilots', instances: { tags: { tier: 'pilot' } }, steps: [step] },
    { name: 'Others', instances: { rest: true }, atOnce: 3, steps: [step] },
  ],
}

/** A shop with the plan pilots-first and the rollout r1, which follows it. */
async function givenPlan(): Promise<TestServer> {
  const server = await givenShop()
  await server.ask('PATCH', 'instances/acme', { body: { tags: { tier: 'pilot' } } })
  await server.ask('POST', 'plans', { body: PILOTS })
  const start = { key: 'r1', flag: 'new-checkout', environment: 'production', plan: PILOTS.key }
  await server.ask('POST', 'rollouts', { body: start })
  return server
}

const waveOf = (page: Page, number: number) => page.getByRole('group', { name: `Wave ${number}` })
const words = (page: Page) => page.getByRole('region', { name: 'Plan in words' })
const send = async (page: Page, reason: string) => {
  await page.getByLabel('Reason, for the change log').fill(reason)
  await page.keyboard.press('Control+Enter')
}
const planOf = async ({ ask }: TestServer, key: string) =>
  (await ask<Record<string, unknown>>('GET', `plans/${key}`)).body

test('the plans show their waves, and which rollouts follow them', async () => {
  const server = await givenPlan()
  const page = await newPerson(server)
  await page.goto('/rollouts')
  await page.getByRole('link', { name: 'Plans' }).last().click()
  await page.getByText('4 plans; rollouts in progress follow 1 of them.').waitFor()
  const row = page.getByRole('row', { name: /^pilots-first Pilots first/ })
  await row.getByText('Pilots 20 %').waitFor()
  await row.getByText(new RegExp(RECENT)).waitFor()
  await page.getByRole('row', { name: /^fast .* built-in .* never/ }).waitFor()
  expect(await page.getByRole('button', { name: 'Delete fast' }).isDisabled()).toBe(true)
  await row.getByRole('link', { name: 'pilots-first' }).click()

  await page.getByRole('heading', { name: 'pilots-first' }).waitFor()
  await words(page).getByText('Instances with tier=pilot').waitFor()
  await words(page).getByText('Now: acme').waitFor()
  await words(page).getByText('All instances that are left, 3 at once').waitFor()
  await words(page)
    .getByText('20 % of the users for at least 30 min and 500 users, until the metrics rule out')
    .first()
    .waitFor()
  // Another person retags an instance.
  await server.ask('PATCH', 'instances/globex', { body: { tags: { tier: 'pilot' } } })
  await words(page).getByText('Now: acme and globex').waitFor()
  await page.getByRole('link', { name: 'r1' }).click()
  await page.waitForURL('**/rollouts/r1')
})

test('a plan is created with every member, edited and deleted, each with an undo', {
  timeout: 60_000,
}, async () => {
  const server = await givenShop()
  await server.ask('POST', 'segments', { body: { key: 'staff', include: ['ada'] } })
  const page = await newPerson(server)
  await page.goto('/plans')
  await page.getByText('curl -X POST').waitFor()
  await page.getByRole('button', { name: 'Create a plan' }).first().click()
  await page.getByLabel('Key', { exact: true }).fill('own')
  await page.getByLabel('Name').first().fill('Own plan')
  await waveOf(page, 1).getByRole('group', { name: 'Keys' }).getByText('Only these').click()
  await page.getByRole('status').filter({ hasText: 'Choose the instances of wave 1.' }).waitFor()
  expect(await page.getByRole('button', { name: 'Create the plan' }).isDisabled()).toBe(true)
  await waveOf(page, 1).getByRole('checkbox', { name: 'globex' }).check()
  await words(page).getByText('Now: globex').waitFor()
  await waveOf(page, 1).getByLabel('Percentage of these instances').fill('50')
  await waveOf(page, 1).getByLabel('Instances at once').fill('2')
  await waveOf(page, 1).getByLabel('Hours of waiting').fill('48')
  const first = waveOf(page, 1).getByRole('group', { name: 'Step 1' })
  await first.getByLabel('Audience').selectOption('Segments')
  await page
    .getByRole('status')
    .filter({ hasText: 'Choose a segment in step 1 of wave 1.' })
    .waitFor()
  await first.getByRole('checkbox', { name: 'staff' }).check()
  await first.getByLabel('Ends by').selectOption('Time')
  await page.getByText('Hold it for a person').click()
  await page.getByLabel('Instances that may be rolled back').fill('2')
  await page.getByLabel('Users, %').fill('2,5')
  await page.getByLabel('For, hours').fill('48')
  await page.getByRole('group', { name: 'Metrics that judge it' }).getByText('Only these').click()
  await page.getByRole('checkbox', { name: 'latency' }).check()
  await words(page).getByText('The metrics that judge it are latency.').waitFor()
  await send(page, 'Globex tries it first')

  await page.getByRole('heading', { name: 'own', exact: true }).waitFor()
  const { waves, ...rest } = await planOf(server, 'own')
  expect(rest).toEqual({
    key: 'own',
    name: 'Own plan',
    onRegression: 'hold',
    failBudget: 2,
    holdback: { percent: 2.5, hours: 48 },
    metrics: ['latency'],
  })
  const healthy = { minMinutes: 30, minUnits: 500, gate: 'healthy' }
  expect(waves).toEqual([
    {
      name: 'First customers',
      instances: { keys: ['globex'], percent: 50 },
      atOnce: 2,
      waitAtMostHours: 48,
      steps: [
        { ...healthy, audience: { segments: ['staff'] }, gate: 'time' },
        { ...healthy, audience: { share: 50 } },
      ],
    },
    {
      name: 'All other customers',
      instances: { rest: true },
      steps: [10, 50].map((share) => ({ ...healthy, audience: { share } })),
    },
  ])

  await page.keyboard.press('e')
  await page.getByRole('button', { name: 'Remove wave 1' }).click()
  await page
    .getByRole('group', { name: 'Metrics that judge it' })
    .getByText('All guardrails')
    .click()
  await send(page, 'Everybody at once')
  await page.waitForURL('**/plans/own')
  await words(page).getByText('Wave 1 All other customers').waitFor()
  expect(await planOf(server, 'own')).not.toHaveProperty('metrics')
  await page.keyboard.press('u')
  await words(page).getByText('Wave 1 First customers').waitFor()

  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByText('No rollout in progress follows it.').waitFor()
  await saveWith(page, 'Nobody needs it')
  await page.waitForURL('**/plans')
  await page.getByText('No plan of your own yet').waitFor()
  await page.keyboard.press('u')
  await page.getByRole('link', { name: 'own', exact: true }).waitFor()
})

test('a refusal stands at the field that it is about', async () => {
  const server = await givenPlan()
  const page = await newPerson(server)
  await page.goto(`/create-plan?copy=${PILOTS.key}`)
  await page.getByLabel('Key', { exact: true }).fill(PILOTS.key)
  await send(page, '')
  const key = page.getByLabel('Key', { exact: true })
  await expect.poll(() => key.getAttribute('aria-invalid')).toBe('true')
  await page.getByText('Each marked field says why.').waitFor()

  await key.fill('copy')
  await waveOf(page, 2).getByLabel('Name').fill('Pilots')
  await waveOf(page, 1).getByLabel('Share, %').fill('0')
  await send(page, '')
  await waveOf(page, 1)
    .getByRole('group', { name: 'Step 1' })
    .getByText('A percentage of 0 selects nothing.')
    .waitFor()
  await waveOf(page, 1).getByLabel('Share, %').fill('20')
  await send(page, '')
  await waveOf(page, 2).getByText('Two waves have the name "Pilots". Rename one.').waitFor()
  await waveOf(page, 2).getByLabel('Name').fill('Others')
  await page.getByRole('button', { name: 'Later wave 1' }).click()
  await send(page, '')
  await waveOf(page, 2).getByText('Move it before that wave.').waitFor()
  // A wave moves by keys as well, from any of its fields.
  await waveOf(page, 2).getByLabel('Name').press('Alt+ArrowUp')
  await page.getByText('Wave 2 is now wave 1 of 2.').waitFor()
  await send(page, '')
  await page.waitForURL('**/plans/copy')
  expect(await planOf(server, 'copy')).toMatchObject({ name: 'copy', waves: PILOTS.waves })
})

test('the preview names waves without instances, and instances without a wave', async () => {
  const server = await givenPlan()
  const page = await newPerson(server)
  await page.goto('/plans/pilots-first/edit')
  await page.getByRole('button', { name: 'Remove wave 2' }).click()
  await words(page).getByText('1 instance in no wave would keep the old variant: globex').waitFor()
  await page.getByRole('button', { name: 'Add a wave' }).click()
  await page.getByRole('status').filter({ hasText: 'Choose the instances of wave 2.' }).waitFor()
  await waveOf(page, 2).getByRole('group', { name: 'Keys' }).getByText('Only these').click()
  await waveOf(page, 2).getByRole('checkbox', { name: 'acme' }).check()
  await words(page).getByText('Now: none; earlier waves have them all.').waitFor()
  await server.ask('PATCH', 'instances/acme', { body: { tags: {} } })
  await words(page).getByText('no instance matches').waitFor()
  await words(page).getByText('Now: acme').waitFor()
})

test('a chosen tag stays in the form of a plan, although its last instance loses it', async () => {
  const server = await givenPlan()
  const page = await newPerson(server)
  await page.goto('/create-plan')
  await page.getByLabel('Key', { exact: true }).fill('kept')
  await waveOf(page, 1).getByRole('group', { name: 'Tags' }).getByText('Only these').click()
  await waveOf(page, 1).getByRole('checkbox', { name: 'tier=pilot' }).check()
  await words(page).getByText('Now: acme').waitFor()
  await server.ask('PATCH', 'instances/acme', { body: { tags: {} } })
  await words(page).getByText('no instance matches').waitFor()
  expect(await waveOf(page, 1).getByRole('checkbox', { name: 'tier=pilot' }).isChecked()).toBe(true)
  await send(page, '')
  await page.waitForURL('**/plans/kept')
  expect(await planOf(server, 'kept')).toMatchObject({
    waves: [{ instances: { tags: { tier: 'pilot' }, percent: 10 } }, { instances: { rest: true } }],
  })
})

test('a plan that does not exist is no form', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  for (const path of ['/plans/none', '/plans/none/edit', '/create-plan?copy=none']) {
    await page.goto(path)
    await page.getByText('There is no plan "none"').first().waitFor()
    expect(await page.getByLabel('Reason, for the change log').count()).toBe(0)
  }
})

test('a built-in plan is changed and reset', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/plans')
  await page.getByRole('button', { name: 'Edit fast' }).click()
  await page.getByText('Some users keep the old variant').click()
  await send(page, 'Compare for a day')
  await words(page).getByText('all but 5 % of the users have the new variant').waitFor()
  await page.getByRole('button', { name: 'Reset' }).click()
  await page.getByText('Its original settings apply again.').waitFor()
  await saveWith(page, 'Fast again')
  await words(page).getByText('After the last step, all users have the new variant.').waitFor()
  expect(new URL(page.url()).pathname).toBe('/plans/fast')
})

describe('another person', () => {
  test('who edits the plan first is not overwritten', async () => {
    const server = await givenPlan()
    const page = await newPerson(server)
    await page.goto('/plans/pilots-first/edit')
    await page.getByLabel('Instances that may be rolled back').fill('4')
    await server.ask('PATCH', 'plans/pilots-first', { body: { onRegression: 'hold' } })
    await send(page, 'More room')
    await page.getByText('The form now shows their change, with your edits on top.').waitFor()
    await words(page).getByText('is held until a person decides').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/plans/pilots-first')
    expect(await planOf(server, 'pilots-first')).toMatchObject({
      onRegression: 'hold',
      failBudget: 4,
    })
  })

  test('who edits the plan before its deletion is shown first', async () => {
    const server = await givenPlan()
    const page = await newPerson(server)
    await page.goto('/plans')
    await page.getByRole('button', { name: 'Delete pilots-first' }).click()
    await page.getByText('r1 follows a copy of it, and goes on unchanged.').waitFor()
    await server.ask('PATCH', 'plans/pilots-first', { body: { failBudget: 9 } })
    await page.keyboard.press('Control+Enter')
    await page.getByRole('region', { name: 'Change of the other person' }).waitFor()
    await saveWith(page, 'Still not needed')
    await page.getByRole('link', { name: 'pilots-first' }).waitFor({ state: 'detached' })
  })
})

test('the choices of a rollout lead to a plan of its own, and have it afterwards', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/start-rollout?flag=new-checkout')
  await page.getByRole('heading', { name: 'No plan of your own yet' }).waitFor()
  await page.getByText('/api/v1/projects/default/plans"').waitFor()
  await page.getByLabel('Old variant').selectOption('on')
  await page.getByLabel('New variant').selectOption('off')
  await page.getByRole('button', { name: 'Create a plan' }).click()
  await page.getByLabel('Key', { exact: true }).fill('mine')
  await page.keyboard.press('Control+Enter')
  await page.waitForURL('**/start-rollout?*')
  const choices = () =>
    Promise.all(
      ['Flag', 'Plan', 'Old variant', 'New variant'].map((label) =>
        page.getByRole('combobox', { name: label, exact: true }).inputValue(),
      ),
    )
  // The lists of variants say that they are not known, until they are.
  await expect.poll(choices).toEqual(['new-checkout', 'mine', 'on', 'off'])
  await page.getByText('First customers').waitFor()
  await page
    .getByRole('heading', { name: 'No plan of your own yet' })
    .waitFor({ state: 'detached' })
})

test('a key that is limited to a scope sees the missing right', async () => {
  const server = await givenPlan()
  const key = await server.makeKey('admin', 'production/acme')
  const page = await newPerson(server, { key })
  await page.goto('/plans')
  const create = page.getByRole('button', { name: 'Create a plan' })
  expect(await create.isDisabled()).toBe(true)
  expect(await reasonOf(create)).toContain('Your key is limited to production/acme.')
  await page.goto('/create-plan')
  await page.getByText('Your key cannot create plans').waitFor()
  await page.goto('/plans/standard/edit')
  await page.getByText('Your key cannot edit plans').waitFor()
})
