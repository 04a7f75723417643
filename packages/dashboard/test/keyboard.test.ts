import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ADMIN_KEY, type TestServer } from '../../server/test/http-server.ts'
import { newPerson } from './people.ts'
import { givenShop } from './shop.ts'

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] }

/** Runs a copied command in a shell, as a person does, and returns the parsed output. */
async function runCommand(command: string, { url }: TestServer): Promise<unknown> {
  const env = { ...process.env, FLAGHOIST_URL: url, FLAGHOIST_ADMIN_KEY: ADMIN_KEY }
  const script = command.replace('curl', 'curl --silent --show-error --fail-with-body')
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env })
  return JSON.parse(stdout)
}

const flag = { key: 'new-checkout' }
const item = (entity: object) => ({
  items: expect.arrayContaining([expect.objectContaining(entity)]),
})

/** Every screen, with a part of what its command returns. */
const SCREENS: readonly (readonly [string, object])[] = [
  ['/', { counts: { killed: 0 } }],
  ['/flags?q=flag:new-checkout', { flags: [flag] }],
  ['/flags?cell=new-checkout@production/acme', { flag, cell: { connected: 0 } }],
  ['/flags/new-checkout?scope=production/acme', { flag, scope: 'production/acme' }],
  ['/flags/new-checkout?tab=rollout', item({ key: 'r1' })],
  ['/flags/new-checkout?tab=exposure', { scopes: [] }],
  ['/flags/new-checkout?tab=usage', { connected: 0 }],
  ['/flags/new-checkout?tab=history', { items: expect.any(Array) }],
  ['/rollouts', { items: [] }],
  ['/rollouts?show=ended', item({ key: 'r1' })],
  ['/rollouts/r1', { rollout: { key: 'r1' } }],
  ['/start-rollout', item({ key: 'standard' })],
  ['/start-rollout?flag=new-checkout', { environment: 'production' }],
  ['/plans', item({ key: 'standard' })],
  ['/plans/standard', { plan: { key: 'standard' } }],
  ['/report', { kills: [] }],
  ['/instances', { items: [{ key: 'acme' }, { key: 'globex' }] }],
  ['/instances/acme', { instances: ['acme'] }],
  ['/drift', { total: 1 }],
  ['/log?flag=new-checkout&actor=Ada', { items: [] }],
  ['/connections', { connected: 0 }],
  ["/try?scope=production/acme&unit=it's", { items: [expect.objectContaining(flag)] }],
  ['/segments', item({ key: 'staff' })],
  ['/segments/staff', { segment: { key: 'staff' } }],
  ['/rollout-metrics', { items: expect.any(Array) }],
  ['/stale', { items: [] }],
  ['/freezes', { items: [] }],
  ['/notifications', { items: [] }],
  ['/keys', { items: expect.any(Array) }],
  ['/settings', item({ key: 'production' })],
]

describe('⇧Y copies the command that reads the screen', () => {
  test('and each command works', { timeout: 90_000 }, async () => {
    const server = await givenShop()
    await server.ask('POST', 'segments', { body: { key: 'staff', include: ['ada'] } })
    const start = { key: 'r1', flag: 'new-checkout', environment: 'production' }
    await server.ask('POST', 'rollouts', { body: start })
    await server.ask('POST', 'rollouts/r1/abort?reason=Test', { body: { leave: true } })
    const page = await newPerson(server, CLIPBOARD)
    const results: [string, unknown][] = []
    for (const [path] of SCREENS) {
      await page.goto(path)
      await page.locator('h1').first().waitFor()
      await page.getByText(/^\s*live/).waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('combobox').fill('copy the command')
      await page.keyboard.press('Enter')
      await page.getByText('Command copied').waitFor()
      const command = await page.evaluate(() => navigator.clipboard.readText())
      results.push([path, await runCommand(command, server)])
    }
    expect(results).toMatchObject(SCREENS)
  })

  test('by the keys, and a link puts nothing into the shell', async () => {
    const server = await givenShop()
    const page = await newPerson(server, CLIPBOARD)
    await page.goto('/flags/$(touch%20owned)`id`?scope=$HOME"')
    await page.getByRole('alert').first().waitFor()
    await page.keyboard.press('Shift+Y')
    await page.getByText('Command copied').waitFor()
    const command = await page.evaluate(() => navigator.clipboard.readText())
    expect(command.split('\n')[0]).toBe(
      'curl "$FLAGHOIST_URL/api/v1/projects/default/flags/%24(touch%20owned)%60id%60/overview?scope=%24HOME%22" \\',
    )
  })
})

test.for(['/flags', '/rollouts', '/instances', '/drift', '/log', '/connections', '/try'])(
  '/ searches on %s',
  async (path) => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto(path)
    await page.locator('main :is(input[type=search], search input)').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('acme')
    const isSearch = () =>
      page.evaluate(() => document.activeElement?.matches('main :is([type=search], search *)'))
    expect(await isSearch()).toBe(true)
    expect(await page.locator('main input:focus').inputValue()).toBe('acme')
  },
)

test('e edits the instance on screen', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/instances/acme')
  await page.getByRole('button', { name: 'Edit', exact: true }).waitFor()
  await page.keyboard.press('e')
  await page.getByRole('dialog', { name: 'Edit acme' }).waitFor()
})
