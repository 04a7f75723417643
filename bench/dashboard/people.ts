/** A process with the open dashboards of many people, as their pages behave. */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'

const PROJECT = `${process.env.SERVER_URL}/api/v1/projects/default`
const HEADERS = { authorization: process.env.AUTHORIZATION! }
const PAGE = 500
/** Wait after a load of changed rows, in times of the load, as in the matrix of the dashboard. */
const REST_FACTOR = 4

/** Requests that pages have sent, and the bytes of their responses. */
export interface Traffic {
  readonly requests: number
  readonly bytes: number
}

let traffic: Traffic = { requests: 0, bytes: 0 }
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

/** A page with the matrix: a change loads its flags again, and later ones after a rest. */
class Dashboard {
  readonly #edited = new Set<string>()
  #rows: ReadonlySet<string> = new Set()
  #isLoading = false

  async open(): Promise<void> {
    await this.reload()
    const stream = await request(`${PROJECT}/activity`)
    let event = ''
    createInterface({ input: stream }).on('line', (line) => {
      if (line.startsWith('event: ')) event = line.slice(7)
      else if (event === 'change' && line.startsWith('data: '))
        this.#follow(JSON.parse(line.slice(6)))
    })
  }

  async reload(): Promise<void> {
    const { flags } = JSON.parse(await load('')) as { flags: readonly { key: string }[] }
    this.#rows = new Set(flags.map(({ key }) => key))
  }

  #follow({ flags }: { readonly flags: readonly string[] }): void {
    for (const flag of flags) this.#edited.add(flag)
    if (!this.#isLoading) void this.#loadEdited()
  }

  async #loadEdited(): Promise<void> {
    while (this.#edited.size > 0) {
      this.#isLoading = true
      const flags = [...this.#edited]
      this.#edited.clear()
      const beganAt = performance.now()
      // The number of flags, where one has changed that is on no loaded page.
      const isBehind = flags.some((key) => !this.#rows.has(key))
      await Promise.all([
        load(`flag:${flags.map((key) => `"${key}"`).join(',')}`),
        isBehind ? load('', 1) : undefined,
      ])
      await wait(Math.min(1_000, REST_FACTOR * (performance.now() - beganAt)))
    }
    this.#isLoading = false
  }
}

async function load(query: string, limit = PAGE): Promise<string> {
  const response = await request(
    `${PROJECT}/matrix?limit=${limit}&query=${encodeURIComponent(query)}`,
  )
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  traffic = { requests: traffic.requests + 1, bytes: traffic.bytes + body.length }
  return (response.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
}

async function request(url: string): Promise<IncomingMessage> {
  const headers = { ...HEADERS, 'accept-encoding': 'gzip' }
  const [response] = (await once(get(url, { agent, headers }), 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`${url} responded ${response.statusCode}.`)
  // The end of the server is the end of a stream.
  return response.on('error', () => undefined)
}

const dashboards: Dashboard[] = []
const orders: Readonly<Record<string, (count: number) => Promise<unknown>>> = {
  async open(count) {
    for (let i = 0; i < count; i += 1) dashboards.push(new Dashboard())
    await Promise.all(dashboards.map((dashboard) => dashboard.open()))
  },
  reload: () => Promise.all(dashboards.map((dashboard) => dashboard.reload())),
  async traffic() {
    const sent = traffic
    traffic = { requests: 0, bytes: 0 }
    return sent
  },
}

process.on('message', async ([name, given]: [string, number]) => {
  process.send!((await orders[name]!(given)) ?? null)
})
process.on('disconnect', () => process.exit())
