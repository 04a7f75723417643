import { Agent, request } from 'node:http'

/** One checkout from the view of a customer. */
export interface Checkout {
  readonly instance: string
  readonly customer: string
  readonly checkout: 'new' | 'old'
  /** Monotonic time of the request, in ms. */
  readonly sentAt: number
}

/** Starts customers who fill a cart and check out in turn until `stop` is called. */
export function startTraffic(instance: string, url: string, customers: number) {
  const agent = new Agent({ keepAlive: true })
  const checkouts: Checkout[] = []
  let failed = 0
  let isRunning = true

  const shop = async (customer: string) => {
    const cart = `${url}/carts/${customer}`
    await post(agent, `${cart}/items`, { sku: 'tea', quantity: 3 })
    const sentAt = performance.now()
    const { checkout } = await post<{ checkout: 'new' | 'old' }>(agent, `${cart}/checkout`, {})
    checkouts.push({ instance, customer, checkout, sentAt })
  }
  const shopper = async (offset: number) => {
    for (let i = offset; isRunning; i += SHOPPERS)
      await shop(`${instance}-customer-${i % customers}`).catch(() => {
        failed += 1
      })
  }
  const shoppers = Promise.all(Array.from({ length: SHOPPERS }, (_, i) => shopper(i)))

  return {
    checkouts,
    failed: () => failed,
    async stop() {
      isRunning = false
      await shoppers
      agent.destroy()
    },
  }
}

export type Traffic = ReturnType<typeof startTraffic>

const SHOPPERS = 4

function post<T>(agent: Agent, url: string, body: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.setEncoding('utf8')
      let answer = ''
      response.on('data', (piece: string) => {
        answer += piece
      })
      response.on('end', () => {
        if (response.statusCode! >= 400) reject(new Error(answer))
        else resolve(JSON.parse(answer) as T)
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(text)
  })
}
