/** One line of a cart. */
export interface Line {
  readonly name: string
  readonly count: number
  /** Price in cents. */
  readonly price: number
}

export const CART: readonly Line[] = [
  { name: 'Espresso beans', count: 3, price: 890 },
  { name: 'Cup', count: 1, price: 1_250 },
]

/** The old total. @returns cents */
export function oldTotal(cart: readonly Line[]): number {
  return cart.reduce((sum, { count, price }) => sum + count * price, 0)
}

/** The new total: a tenth off for three of a kind. @returns cents */
export function newTotal(cart: readonly Line[]): number {
  return cart.reduce((sum, { count, price }) => {
    if (price > 1_000_000) throw new Error('The price is too high for a discount.')
    return sum + Math.round(count * price * (count >= 3 ? 0.9 : 1))
  }, 0)
}
