import type { Flags } from '@flaghoist/node'
import Fastify, { type FastifyInstance } from 'fastify'
import { createCarts } from './carts.ts'
import { findProduct, products } from './catalogue.ts'
import { type Customisation, priceAsBefore, priceCustomised } from './pricing.ts'

/**
 * Builds the shop: catalogue, carts and checkout. The flag `new-checkout` selects the pricing; an
 * order that the new pricing cannot handle is priced as before.
 */
export function buildShop(flags: Flags, customisation: Customisation = 'none'): FastifyInstance {
  const app = Fastify()
  const carts = createCarts()

  app.get('/products', () => products())

  app.get<{ Params: { customer: string } }>('/carts/:customer', ({ params }) =>
    carts.lines(params.customer),
  )

  app.post<{ Params: { customer: string }; Body: { sku: string; quantity: number } }>(
    '/carts/:customer/items',
    { schema: { body: itemSchema } },
    ({ params, body }, reply) => {
      const product = findProduct(body.sku)
      if (!product) return reply.code(404).send({ error: `Unknown product "${body.sku}".` })
      carts.add(params.customer, product, body.quantity)
      return reply.code(201).send(carts.lines(params.customer))
    },
  )

  app.post<{ Params: { customer: string } }>('/carts/:customer/checkout', ({ params }, reply) => {
    const lines = carts.take(params.customer)
    if (lines.length === 0) return reply.code(409).send({ error: 'The cart is empty.' })

    const { customer } = params
    const order = flags.for({ targetingKey: customer }).guard(
      'new-checkout',
      () => ({ checkout: 'new', ...priceCustomised(lines, customer, customisation) }),
      () => ({ checkout: 'old', ...priceAsBefore(lines) }),
    )
    return { customer, ...order }
  })

  app.get('/healthz', () => ({ flags: flags.status() }))

  return app
}

const itemSchema = {
  type: 'object',
  required: ['sku', 'quantity'],
  properties: {
    sku: { type: 'string' },
    quantity: { type: 'integer', minimum: 1, maximum: 99 },
  },
}
