export interface Product {
  readonly sku: string
  readonly name: string
  /** Price in cents, so that sums are exact. */
  readonly price: number
}

const PRODUCTS: readonly Product[] = [
  { sku: 'kettle', name: 'Kettle', price: 4_900 },
  { sku: 'teapot', name: 'Teapot', price: 3_500 },
  { sku: 'cup', name: 'Cup', price: 900 },
  { sku: 'tea', name: 'Green tea, 100 g', price: 1_250 },
]

const bySku = new Map(PRODUCTS.map((product) => [product.sku, product]))

export const products = (): readonly Product[] => PRODUCTS
export const findProduct = (sku: string): Product | undefined => bySku.get(sku)
