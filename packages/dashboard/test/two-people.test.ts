import type { Locator, Page, Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../../server/test/http-server.ts'
import { newPerson } from './people.ts'
import { allowed } from './refusals.ts'
import { givenShop } from './shop.ts'

type Ask = readonly [method: 'POST' | 'PUT' | 'PATCH', path: string, body: object]

interface EditedForm {
  readonly entity: string
  /** Writes that create the entity. */
  readonly given: readonly Ask[]
  readonly screen: string
  /** Opens the form. */
  readonly open: (page: Page) => Promise<void>
  /** Label and new text of the field that the person edits. */
  readonly field: readonly [label: string, text: string]
  /** Write of the other person. */
  readonly other: Ask
  readonly path: string
  /** Members of the entity after both. */
  readonly both: object
  /** Text of the form about the members that both have edited. */
  readonly lost?: string
}

const click = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).click()

const ON = { key: 'on', value: true }
const OFF = { key: 'off', value: false }
const LAYER = 'flags/new-checkout/layers/production/acme'

const FORMS: readonly EditedForm[] = [
  {
    entity: 'a flag',
    given: [],
    screen: '/flags/new-checkout',
    open: click('Edit new-checkout'),
    field: ['Description', 'One page in place of three'],
    other: ['PATCH', 'flags/new-checkout', { owner: 'team-checkout', tags: { 'a,b': 'c' } }],
    path: 'flags/new-checkout',
    both: {
      description: 'One page in place of three',
      owner: 'team-checkout',
      tags: { 'a,b': 'c' },
    },
  },
  {
    entity: 'the planned removal of a flag',
    given: [['PATCH', 'flags/new-checkout', { expectedRemovalAt: '2020-01-01T12:00:00Z' }]],
    screen: '/stale',
    open: click('Plan the removal of new-checkout'),
    field: ['Last day of the flag', '2999-12-24'],
    other: ['PATCH', 'flags/new-checkout', { expectedRemovalAt: '2020-02-01T12:00:00Z' }],
    path: 'flags/new-checkout',
    both: { expectedRemovalAt: expect.stringContaining('2999-12-2') },
    lost: 'You both changed last day: saving replaces theirs with yours.',
  },
  {
    entity: 'a variant',
    given: [],
    screen: '/flags/new-checkout',
    open: click('Edit on'),
    field: ['Description', 'One page'],
    other: [
      'PATCH',
      'flags/new-checkout',
      { variants: [{ ...ON, description: 'Two pages' }, OFF] },
    ],
    path: 'flags/new-checkout',
    both: { variants: [{ ...ON, description: 'One page' }, OFF] },
    lost: 'You both changed description: saving replaces theirs with yours.',
  },
  {
    entity: 'an instance',
    given: [],
    screen: '/instances/acme',
    open: click('Edit'),
    field: ['Tags', 'tier=pilot'],
    other: ['PATCH', 'instances/acme', { owner: 'team-east', tags: { region: 'us' } }],
    path: 'instances/acme',
    both: { owner: 'team-east', tags: { tier: 'pilot' } },
    lost: 'You both changed tags: saving replaces theirs with yours.',
  },
  {
    entity: 'a freeze',
    given: [
      ['POST', 'freezes', { key: 'holidays', window: { yearly: { from: '12-20', to: '01-06' } } }],
    ],
    screen: '/freezes',
    open: click('Edit holidays'),
    field: ['Name', 'Holidays'],
    other: ['PATCH', 'freezes/holidays', { zone: 'Europe/Zurich' }],
    path: 'freezes/holidays',
    both: { name: 'Holidays', zone: 'Europe/Zurich' },
  },
  {
    entity: 'a segment',
    given: [['POST', 'segments', { key: 'staff', include: ['ada'] }]],
    screen: '/segments/staff',
    open: (page) => page.getByRole('button', { name: /^Edit/ }).first().click(),
    field: ['Name', 'Our own people'],
    other: ['POST', 'segments/staff/include', { add: ['bob'] }],
    path: 'segments/staff',
    both: { name: 'Our own people', include: ['ada', 'bob'] },
  },
  {
    entity: 'a metric',
    given: [],
    screen: '/rollout-metrics',
    open: click('Edit latency'),
    field: ['Name', 'Slow pages'],
    other: ['PATCH', 'metrics/latency', { margin: 12 }],
    path: 'metrics/latency',
    both: { name: 'Slow pages', margin: 12 },
  },
  {
    entity: 'a subscription',
    given: [
      [
        'POST',
        'subscriptions',
        { key: 'ops', channel: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x9Yz' },
      ],
    ],
    screen: '/notifications',
    open: click('Edit ops'),
    field: ['Scopes', 'production'],
    other: ['PATCH', 'subscriptions/ops', { minSeverity: 'critical' }],
    path: 'subscriptions/ops',
    both: { scopes: ['production'], minSeverity: 'critical' },
  },
  {
    entity: 'an environment',
    given: [],
    screen: '/settings',
    open: click('Edit production'),
    field: ['Name', 'Live'],
    other: ['PATCH', 'environments/production', { order: 7 }],
    path: 'environments/production',
    both: { name: 'Live', order: 7 },
  },
  {
    entity: 'a view',
    given: [['POST', 'views', { key: 'mine', name: 'Mine', screen: 'flags', query: 'owner:Ada' }]],
    screen: '/flags',
    async open(page) {
      await page.getByRole('button', { name: 'Views' }).click()
      await page.getByRole('button', { name: 'Rename Mine' }).click()
    },
    field: ['Name', 'Ours'],
    other: ['PATCH', 'views/mine', { query: 'owner:Bob' }],
    path: 'views/mine',
    both: { name: 'Ours', query: 'owner:Bob' },
  },
  {
    entity: 'an override note',
    given: [['POST', 'instances', { key: 'hooli' }]],
    screen: '/drift',
    open: click('Mark as intended new-checkout in production/acme'),
    field: ['Reason why it differs', 'Pilot'],
    other: ['PATCH', LAYER, { note: { reason: 'They test it', owner: 'team-acme' } }],
    path: LAYER,
    both: { note: { reason: 'Pilot', owner: 'team-acme' } },
    lost: 'You both changed reason: saving replaces theirs with yours.',
  },
]

/** Opens the dialog of a row, after the writes that its entity needs. */
async function openDialog({ given, screen, open }: Pick<EditedForm, 'given' | 'screen' | 'open'>) {
  const server = await givenShop()
  const write = async ([method, path, body]: Ask) =>
    expect((await server.ask(method, path, { body })).status).toBeLessThan(300)
  for (const one of given) await write(one)
  const page = await newPerson(server)
  await page.goto(screen)
  await open(page)
  return { server, write, page, dialog: page.getByRole('dialog') }
}

/** Gives a reason where the dialog asks for one. */
async function fillReason(dialog: Locator, text: string): Promise<void> {
  const reason = dialog.getByLabel('Reason, for the change log')
  if ((await reason.count()) > 0) await reason.fill(text)
}

const sendForm = (page: Page) => page.keyboard.press('Control+Enter')

describe('of two people who edit', () => {
  test.for(FORMS)('$entity, none overwrites the other unseen', async (form) => {
    const { server, write, page, dialog } = await openDialog(form)
    const field = dialog.getByLabel(form.field[0], { exact: true })
    await field.fill(form.field[1])
    await fillReason(dialog, 'It was wrong')
    await write(form.other)
    const { body: theirs } = await server.ask('GET', form.path)

    await sendForm(page)
    const alert = dialog.getByRole('alert')
    await alert.getByText('Another person has saved a change').waitFor()
    expect(await alert.getByText('You both changed').count()).toBe(form.lost ? 1 : 0)
    if (form.lost) await alert.getByText(form.lost).waitFor()
    expect(await field.inputValue()).toBe(form.field[1])
    expect((await server.ask('GET', form.path)).body).toEqual(theirs)

    await sendForm(page)
    await field.waitFor({ state: 'detached' })
    expect((await server.ask('GET', form.path)).body).toMatchObject(form.both)
  })

  test('a metric in the same way, the second has nothing to save', async () => {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/rollout-metrics')
    await click('Edit latency')(page)
    await page.getByLabel('Margin for the worse, %').fill('12')
    await server.ask('PATCH', 'metrics/latency', { body: { margin: 12 } })
    await sendForm(page)
    await page.getByText('Another person has saved a change').waitFor()
    expect(await page.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true)
  })
})

/** The deletion of an entity, or the end of its use. */
interface Deletion {
  readonly entity: string
  /** Writes that create the entity. */
  readonly given: readonly Ask[]
  readonly screen: string
  /** Opens the dialog. */
  readonly open: (page: Page) => Promise<void>
  /** Write of the other person. */
  readonly other: Ask
  /** Lines of the dialog about it: what it has removed and added. */
  readonly shown: readonly string[]
  readonly path: string
  /** Body of the path after the deletion. */
  readonly after: object
}

const GONE = { code: 'ENTITY_NOT_FOUND' }
const NEW_FLAG = { expectedRemovalAt: '2020-01-01T12:00:00Z' }
const VIEW = { key: 'mine', name: 'Mine', screen: 'flags', query: 'tag:web' }

const LABELS = [
  { key: 'a', value: 'Kept' },
  { key: 'b', value: 'Old' },
]

const DELETIONS: readonly Deletion[] = [
  {
    entity: 'a metric',
    given: [['POST', 'metrics', { key: 'order', kind: 'conversion', role: 'goal', margin: 5 }]],
    screen: '/rollout-metrics',
    open: click('Delete order'),
    other: ['PATCH', 'metrics/order', { margin: 12 }],
    shown: ['margin', '5', '12'],
    path: 'metrics/order',
    after: GONE,
  },
  {
    entity: 'a changed built-in metric',
    given: [['PATCH', 'metrics/latency', { margin: 12 }]],
    screen: '/rollout-metrics',
    open: click('Reset latency'),
    other: ['PATCH', 'metrics/latency', { name: 'Slow pages' }],
    shown: ['name', 'Slow pages'],
    path: 'metrics/latency',
    after: { key: 'latency', name: expect.not.stringContaining('Slow') },
  },
  {
    entity: 'a view',
    given: [['POST', 'views', VIEW]],
    screen: '/flags',
    async open(page) {
      await page.getByRole('button', { name: 'Views' }).click()
      await click('Delete Mine')(page)
    },
    other: ['PATCH', 'views/mine', { name: 'Ours' }],
    shown: ['name', 'Mine', 'Ours'],
    path: 'views/mine',
    after: GONE,
  },
  {
    entity: 'a subscription',
    given: [
      [
        'POST',
        'subscriptions',
        { key: 'ops', channel: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x9Yz' },
      ],
    ],
    screen: '/notifications',
    open: click('Delete ops'),
    other: ['PATCH', 'subscriptions/ops', { minSeverity: 'critical' }],
    shown: ['minSeverity', 'critical'],
    path: 'subscriptions/ops',
    after: GONE,
  },
  {
    entity: 'a freeze',
    given: [
      ['POST', 'freezes', { key: 'holidays', window: { yearly: { from: '12-20', to: '01-06' } } }],
    ],
    screen: '/freezes',
    open: click('End holidays'),
    other: ['PATCH', 'freezes/holidays', { name: 'Holidays of all' }],
    shown: ['name', 'Holidays of all'],
    path: 'freezes/holidays',
    after: GONE,
  },
  {
    entity: 'a segment',
    given: [['POST', 'segments', { key: 'staff', include: ['ada'] }]],
    screen: '/segments/staff',
    open: click('Delete'),
    other: ['POST', 'segments/staff/include', { add: ['bob'] }],
    shown: ['include', 'ada', 'bob'],
    path: 'segments/staff',
    after: GONE,
  },
  {
    entity: 'an environment',
    given: [['POST', 'environments', { key: 'staging', order: 9 }]],
    screen: '/settings',
    open: click('Delete staging'),
    other: ['PATCH', 'environments/staging', { name: 'Last tests' }],
    shown: ['name', 'Last tests'],
    path: 'environments/staging',
    after: GONE,
  },
  {
    entity: 'a variant',
    given: [['POST', 'flags', { key: 'label', type: 'string', variants: LABELS }]],
    screen: '/flags/label?scope=production',
    open: click('Remove b'),
    other: ['PATCH', 'flags/label', { variants: [LABELS[0], { key: 'b', value: 'New' }] }],
    shown: ['value', 'Old', 'New'],
    path: 'flags/label',
    after: { variants: [LABELS[0]] },
  },
  {
    entity: 'an instance, which is retired',
    given: [],
    screen: '/instances/acme',
    open: click('Retire'),
    other: ['PATCH', 'instances/acme', { owner: 'team-east' }],
    shown: ['owner', 'team-east'],
    path: 'instances/acme',
    after: { status: 'retired', owner: 'team-east' },
  },
  {
    entity: 'a flag, which is archived',
    given: [['PATCH', 'flags/new-checkout', NEW_FLAG]],
    screen: '/stale',
    open: click('Archive new-checkout'),
    other: ['PATCH', LAYER, { on: false }],
    shown: ['production/acme', '{"on":false'],
    path: 'flags/new-checkout',
    after: { archivedAt: expect.any(String) },
  },
]

describe('of two people, of whom one edits and the other deletes', () => {
  test.for(DELETIONS)('$entity, the edit is shown first', async (one) => {
    const { server, write, page, dialog } = await openDialog(one)
    await dialog.getByRole('button', { name: /^Cancel/ }).waitFor()
    await fillReason(dialog, 'Nobody needs it')
    await write(one.other)
    const { body: theirs } = await server.ask('GET', one.path)

    await sendForm(page)
    await dialog.getByRole('alert').getByText('Another person has saved a change').waitFor()
    const change = dialog.getByRole('region', { name: 'Change of the other person' })
    for (const text of one.shown) await change.getByText(text).first().waitFor()
    expect((await server.ask('GET', one.path)).body).toEqual(theirs)

    await sendForm(page)
    await change.waitFor({ state: 'detached' })
    expect((await server.ask('GET', one.path)).body).toMatchObject(one.after)
  })
})

test('the switch of a cell is saved on top of the change of another person', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/flags/new-checkout?cell=new-checkout@production/acme')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Off', { exact: true }).click()
  const save = allowed(dialog.getByRole('button', { name: /^Save/ }))
  await save.waitFor()
  const body = { note: { reason: 'They test it' } }
  expect((await server.ask('PATCH', LAYER, { body })).status).toBe(200)
  await sendForm(page)
  await dialog.getByRole('alert').getByText('Check the current state').waitFor()
  expect((await server.ask('GET', LAYER)).body).toMatchObject({ on: true })

  await save.waitFor()
  await sendForm(page)
  await dialog.waitFor({ state: 'detached' })
  expect((await server.ask('GET', LAYER)).body).toMatchObject({ on: false, ...body })
})

describe('a form that is being sent', () => {
  /** A form whose request the server has not received yet. */
  async function givenSentForm(): Promise<{ server: TestServer; page: Page; request: Route }> {
    const server = await givenShop()
    const page = await newPerson(server)
    await page.goto('/instances/acme')
    await click('Edit')(page)
    await page.getByLabel('Owner').fill('team-east')
    const sent = Promise.withResolvers<Route>()
    await page.route('**/instances/acme*', (route) => sent.resolve(route), { times: 1 })
    await sendForm(page)
    return { server, page, request: await sent.promise }
  }

  test('takes no text that the request does not have, and keeps the focus', async () => {
    const { server, page, request } = await givenSentForm()
    const owner = page.getByLabel('Owner')
    await page.keyboard.type('ern')
    await page.keyboard.press('Backspace')
    await page.keyboard.insertText('pasted')
    expect(await owner.inputValue()).toBe('team-east')

    await request.abort()
    await page.getByText('The server did not respond').waitFor()
    await page.keyboard.type('ern')
    expect(await owner.inputValue()).toBe('team-eastern')
    await sendForm(page)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await server.ask('GET', 'instances/acme')).body).toMatchObject({
      owner: 'team-eastern',
    })
  })

  test('is stored although the person closes it', async () => {
    const { server, page, request } = await givenSentForm()
    await page.getByText('In business hours').click({ force: true })
    expect(await page.getByLabel('From').count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await request.continue()
    await page.getByText('Instance acme is changed').waitFor()
    expect((await server.ask('GET', 'instances/acme')).body).toMatchObject({ owner: 'team-east' })
  })
})

test('a selection of text that ends outside a form does not close it', async () => {
  const server = await givenShop()
  const page = await newPerson(server)
  await page.goto('/instances/acme')
  await click('Edit')(page)
  const name = page.getByLabel('Name')
  await name.fill('Acme Corporation')
  const { x, y, width, height } = (await name.boundingBox())!
  await page.mouse.move(x + width / 2, y + height / 2)
  await page.mouse.down()
  await page.mouse.move(5, y)
  await page.mouse.up()
  expect(await name.inputValue()).toBe('Acme Corporation')
  await page.mouse.click(5, y)
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})
