import { createTestFlags } from '@flaghoist/node'
import { expect, test } from 'vitest'
import { buildShop } from '../src/app.ts'

const flags = createTestFlags()
const shop = buildShop(flags)

async function checkOut(customer: string, quantity: number) {
  const add = {
    method: 'POST',
    url: `/carts/${customer}/items`,
    payload: { sku: 'kettle', quantity },
  } as const
  expect((await shop.inject(add)).statusCode).toBe(201)
  return (await shop.inject({ method: 'POST', url: `/carts/${customer}/checkout` })).json()
}

test('prices as before while the flag is off', async () => {
  flags.set({ 'new-checkout': false })
  expect(await checkOut('ada', 3)).toMatchObject({ checkout: 'old', discount: 0, total: 15_400 })
})

test('gives discounts and free shipping while it is on', async () => {
  flags.set({ 'new-checkout': true })
  expect(await checkOut('ada', 3)).toMatchObject({
    checkout: 'new',
    discount: 1_470,
    total: 13_230,
  })
})

test('prices an order with a voucher as before, although the flag is on', async () => {
  const customised = buildShop(flags, 'vouchers')
  flags.set({ 'new-checkout': true })
  const order = async (customer: string) => {
    const payload = { sku: 'kettle', quantity: 3 }
    await customised.inject({ method: 'POST', url: `/carts/${customer}/items`, payload })
    return (await customised.inject({ method: 'POST', url: `/carts/${customer}/checkout` })).json()
  }
  expect(await order('customer-7')).toMatchObject({ checkout: 'new' })
  expect(await order('customer-8')).toMatchObject({ checkout: 'old' })
})

test('refuses what is not in the catalogue, and an empty cart', async () => {
  const unknown = {
    method: 'POST',
    url: '/carts/bob/items',
    payload: { sku: 'x', quantity: 1 },
  } as const
  expect((await shop.inject(unknown)).statusCode).toBe(404)
  expect((await shop.inject({ method: 'POST', url: '/carts/bob/checkout' })).statusCode).toBe(409)
})
