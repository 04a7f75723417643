import type { Product } from './catalogue.ts'

export interface Line {
  readonly product: Product
  readonly quantity: number
}

/** Creates carts by customer in memory. A restart of the shop loses them. */
export function createCarts() {
  const carts = new Map<string, Map<string, Line>>()

  return {
    add(customer: string, product: Product, quantity: number): void {
      const cart = carts.get(customer) ?? new Map<string, Line>()
      const before = cart.get(product.sku)?.quantity ?? 0
      cart.set(product.sku, { product, quantity: before + quantity })
      carts.set(customer, cart)
    },

    lines: (customer: string): readonly Line[] => [...(carts.get(customer)?.values() ?? [])],

    /** Empties the cart and returns its lines. */
    take(customer: string): readonly Line[] {
      const lines = this.lines(customer)
      carts.delete(customer)
      return lines
    },
  }
}

export type Carts = ReturnType<typeof createCarts>
