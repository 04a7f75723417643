
declare const user: { readonly id: string; readonly plan: string }
declare const flags: import('@flaghoist/node').NodeFlags
import type { ScopedFlags } from '@flaghoist/node'

declare const oldInvoice: (order: string) => string
declare const newInvoice: (order: string) => string

export const invoice = (mine: ScopedFlags, order: string) =>
  mine.isEnabled('new-invoice') ? newInvoice(order) : oldInvoice(order)
export {}