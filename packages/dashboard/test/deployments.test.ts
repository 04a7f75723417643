import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { startBalancer } from '../../../test-support/faults/balancer.ts'
import { freePort } from '../../../test-support/free-port.ts'
import { startRedis } from '../../../test-support/redis.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { newPerson, newVisitor } from './people.ts'

const PREFIX = '/tools/flags'

/** Starts a proxy that removes a path. Returns the list of requests without that path. */
async function startPrefixProxy(port: number, serverPort: number): Promise<readonly string[]> {
  const elsewhere: string[] = []
  const proxy = createServer((asked, answer) => {
    const { url = '', method, headers } = asked
    if (!url.startsWith(`${PREFIX}/`)) {
      elsewhere.push(url)
      return answer.writeHead(404).end()
    }
    const path = url.slice(PREFIX.length)
    const passed = request({ host: '127.0.0.1', port: serverPort, path, method, headers })
    passed
      .on('error', () => answer.destroy())
      .on('response', (got) => {
        answer.writeHead(got.statusCode!, got.headers)
        got.pipe(answer)
      })
    answer.on('close', () => passed.destroy())
    return asked.pipe(passed)
  }).listen(port, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return elsewhere
}

/** A server with a flag, whose clients reach it below a path that a proxy removes. */
async function givenPrefixedServer() {
  const [port, serverPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}${PREFIX}/`
  const elsewhere = await startPrefixProxy(port, serverPort)
  const server = await startTestServer({
    FLAGHOIST_PORT: `${serverPort}`,
    FLAGHOIST_PUBLIC_URL: url.slice(0, -1),
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  return { url, server, elsewhere }
}

test('the dashboard works below a path that a proxy removes', async () => {
  const { url, server, elsewhere } = await givenPrefixedServer()
  const page = await newVisitor({ url })
  await page.goto('flags?q=search')
  await page.getByLabel('Admin key').fill(ADMIN_KEY)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'search' }).click()
  await page.waitForURL(`${url}flags/search`)
  await page.reload()
  await page.getByRole('button', { name: 'Edit search' }).waitFor()

  await server.ask('PATCH', 'flags/search', { body: { description: 'Finds by sound' } })
  await page.getByText('Finds by sound').waitFor()
  await page.keyboard.press('Shift+K')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Reason/).fill('Finds nothing')
  await dialog.getByRole('button', { name: 'Kill now' }).click()
  await dialog.getByRole('heading', { name: 'search is killed' }).waitFor()
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({ path: `${PREFIX}/`, httpOnly: true, sameSite: 'Strict' })
  expect(elsewhere).toEqual([])
})

/** Two servers on one Redis, and a balancer in front of them. */
async function givenTwoServers() {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const settings = {
    FLAGHOIST_REDIS_URL: redis.url,
    FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
  }
  const start = () => startTestServer(settings)
  const [one, other] = await Promise.all([start(), start()])
  const balancer = await startBalancer(
    [one, other].map((server) => Number(new URL(server.url).port)),
  )
  onTestFinished(async () => {
    balancer.close()
    await Promise.all([one, other].map((server) => server[Symbol.asyncDispose]()))
  })
  await one.ask('POST', 'instances', { body: { key: 'acme' } })
  await one.ask('POST', 'flags', { body: { key: 'search' } })
  return { one, other, balancer }
}

test('a page keeps its session and follows changes when one of two servers stops', async () => {
  const { one, other, balancer } = await givenTwoServers()
  const page = await newPerson(balancer)
  await page.goto('/flags/search')
  await page.getByRole('button', { name: 'Edit search' }).waitFor()
  const describe = async (server: TestServer, description: string) => {
    await server.ask('PATCH', 'flags/search', { body: { description } })
    await page.getByText(description, { exact: true }).waitFor()
  }
  await describe(one, 'Changed on the first server')
  await describe(other, 'Changed on the second server')

  await one.server.close()
  await describe(other, 'Changed without the first server')
  await page.keyboard.press('Shift+K')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Reason/).fill('Finds nothing')
  await dialog.getByRole('button', { name: 'Kill now' }).click()
  await dialog.getByRole('heading', { name: 'search is killed' }).waitFor()
  expect((await other.ask('GET', 'changes?limit=1')).body).toMatchObject({
    items: [{ action: 'flag.kill', actor: { person: 'Ada' } }],
  })
})
