import { expect, test } from 'vitest'
import { createFlags } from '../../sdk-node/src/index.ts'
import { newPerson, saveWith } from './people.ts'
import { givenShop } from './shop.ts'

test('the metrics show what they judge, and which of them arrive', async () => {
  const server = await givenShop()
  const rollout = { key: 'r1', flag: 'new-checkout', environment: 'production', plan: 'standard' }
  await server.ask('POST', 'rollouts', { body: rollout })
  const half = { on: true, rollout: { percent: 50 }, fallthrough: { variant: 'off' } }
  await server.ask('POST', 'flags', { body: { key: 'half', layers: { production: half } } })
  const key = await server.makeKey('server', 'production/globex')
  const flags = createFlags({ url: server.url, key })
  await flags.ready()
  const ada = flags.for({ targetingKey: 'ada' })
  ada.isEnabled('half')
  ada.track('error')
  await flags.close()

  const page = await newPerson(server)
  await page.goto('/rollout-metrics')
  await page.getByText(/^3 metrics; 3 judge rollouts, \d without an outcome in 24 hours/).waitFor()
  const row = page.getByRole('row', {
    name: /^error Errors built-in Failure lower 0 % – Guardrail/,
  })
  await row.getByText('plans cautious, standard and fast').waitFor()
  await row.getByText(/just now|min\. ago|hr\. ago/).waitFor()
  await page.getByRole('row', { name: /^latency .* none in 24 hours/ }).waitFor()
  await page.getByText('curl -X POST').waitFor()
  expect(await page.getByRole('button', { name: 'Delete error' }).isDisabled()).toBe(true)
  await row.getByRole('link', { name: 'r1' }).click()
  await page.waitForURL('**/rollouts/r1')
})

test('a metric is created with a hard limit, changed, and deleted, each with an undo', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/rollout-metrics')
  await page.getByRole('button', { name: 'Create a metric' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search flags and commands' }).fill('create a metric')
  await page.keyboard.press('Enter')
  await page.getByLabel('Key, as SDKs report it').fill('checkout-ms')
  await page.getByLabel('Kind').selectOption({ label: 'Measurement' })
  await page.getByLabel('Unit').fill('ms')
  await page.getByLabel('Margin for the worse, %').fill('2,5')
  await page.getByLabel('Hard limit: at most, %').fill('2')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('alert').getByText('needs "above"').first().waitFor()
  await page.getByLabel('Hard limit: above, ms').fill('2000')
  await saveWith(page, 'Slow checkouts cost orders')
  await page.getByRole('cell', { name: 'at most 2 % above 2000 ms' }).waitFor()

  await page.getByRole('button', { name: 'Edit checkout-ms' }).click()
  await page.getByLabel('Hard limit: at most, %').fill('')
  await page.getByText('Goal').click()
  await saveWith(page, 'A goal at first')
  await page.getByRole('row', { name: /checkout-ms Measurement lower 2.5 % – Goal/ }).waitFor()
  await page.keyboard.press('u')
  await page.getByRole('cell', { name: 'at most 2 % above 2000 ms' }).waitFor()

  await page.getByRole('button', { name: 'Delete checkout-ms' }).click()
  await page.getByText('It judges cautious, standard and fast.').waitFor()
  await saveWith(page, 'Measured elsewhere')
  await page.getByRole('button', { name: 'Delete checkout-ms' }).waitFor({ state: 'detached' })
})

test('a built-in metric is changed and reset', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/rollout-metrics')
  await page.getByRole('button', { name: 'Edit latency' }).click()
  await page.getByLabel('Margin for the worse, %').fill('12')
  await saveWith(page, 'Noisy for now')
  await page.getByRole('row', { name: /latency .* built-in, changed .* 12 %/ }).waitFor()
  await page.getByRole('button', { name: 'Reset latency' }).click()
  await saveWith(page, 'Quiet again')
  await page.getByRole('row', { name: /latency .* built-in Measurement lower 5 %/ }).waitFor()
})
