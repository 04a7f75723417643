import { expect, onTestFinished, test } from 'vitest'
import { startShopServer, type TestServer } from '../../server/test/http-server.ts'
import { type NoticeReceiver, startNoticeReceiver } from '../../server/test/notice-receiver.ts'
import { newPerson, saveWith } from './people.ts'

/** A shop that may send to a receiver of this machine. */
async function given(): Promise<{ server: TestServer; receiver: NoticeReceiver; url: string }> {
  const receiver = await startNoticeReceiver()
  const server = await startShopServer({ FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1' })
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
  })
  return { server, receiver, url: `${receiver.url}/hooks/token-x9Yz` }
}

const subscribe = (server: TestServer, url: string) =>
  server.ask('POST', 'subscriptions', { body: { key: 'ops', channel: 'webhook', url } })

test('a webhook shows its secret once, and its deliveries as they happen', async () => {
  const { server, receiver, url } = await given()
  const page = await newPerson(server)
  await page.goto('/notifications')
  await page.getByText('curl -X POST').waitFor()
  await page.getByRole('button', { name: 'Create a subscription' }).click()
  await page.getByLabel('Key', { exact: true }).fill('ops')
  await page.getByLabel('Channel').selectOption({ label: 'Webhook' })
  await page.getByLabel('URL of the incoming webhook').fill(url)
  await page.getByLabel('wave opened').uncheck()
  await page.getByLabel('Reason, for the change log').fill('Night shift')
  await page.keyboard.press('Control+Enter')
  expect(await page.getByRole('textbox', { name: 'Secret' }).inputValue()).toMatch(/^whsec_/)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row', { name: /^ops Webhook 127.0.0.1.*x9Yz rolled back/ }).waitFor()
  await page.getByText('No delivery in 30 days.').waitFor()

  await server.ask('POST', 'flags/new-checkout/kill?reason=Payments%20fail')
  await page
    .getByRole('row', { name: /killed critical .* killed "new-checkout".* Delivered/ })
    .waitFor()
  expect(receiver.got).toHaveLength(1)
  expect(await page.content()).not.toMatch(/whsec_|token-x9Yz/)
})

test('a test message shows the words of the receiver', async () => {
  const { server, receiver, url } = await given()
  await subscribe(server, url)
  receiver.respondWith(404)
  const page = await newPerson(server)
  await page.goto('/notifications')
  await page.getByRole('button', { name: 'Test ops' }).click()
  await page.getByText('The test message was not delivered.').waitFor()
  await page.getByText('404').waitFor()
  await page.getByRole('button', { name: 'Send another' }).click()
  await page.getByText('The receiver accepted the test message.').waitFor()
})

test('a failed delivery is sent again, and its link shows the failed ones', async () => {
  const { server, receiver, url } = await given()
  await subscribe(server, url)
  receiver.respondWith(410)
  await server.ask('POST', 'flags/new-checkout/kill')
  const page = await newPerson(server)
  await page.goto('/notifications?subscription=ops&state=failed')
  await page.getByRole('row', { name: /Failed .*410/ }).waitFor()
  await page.getByRole('button', { name: /^Send again/ }).click()
  await page.getByText('None is failed.').waitFor()
  await page.getByText('Delivered', { exact: true }).click()
  await page.getByRole('row', { name: /Delivered .*200 \d attempt/ }).waitFor()
  await receiver.webhooks(2)
})

test('a subscription is changed without its URL, disabled, and deleted with an undo', async () => {
  const { server, url } = await given()
  await subscribe(server, url)
  const page = await newPerson(server)
  await page.goto('/notifications')
  await page.getByRole('button', { name: 'Edit ops' }).click()
  await page.getByLabel('Scopes').fill('production')
  await page.getByLabel('Lowest severity').selectOption('warning')
  await page.getByLabel('Send messages').uncheck()
  await saveWith(page, 'Only what matters')
  await page.getByText('every event in production, from warning').waitFor()
  await page.getByText('1 subscription; 1 disabled.').waitFor()

  await page.getByRole('button', { name: 'Delete ops' }).click()
  await saveWith(page, 'Nobody reads it')
  await page.getByText('No subscriptions yet').waitFor()
  await page.keyboard.press('u')
  await page.getByText('1 subscription; 1 disabled.').waitFor()
})
