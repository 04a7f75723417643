import { CART, newTotal, oldTotal } from '#lib/prices.ts'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = ({ locals }) => ({
  cart: CART,
  // If the new path throws, the old total is used and the failure counts for this flag only.
  total: locals.flags.guard(
    'new-prices',
    () => newTotal(CART),
    () => oldTotal(CART),
  ),
})
