import type { ChangeLog, Receipt } from '../change-log.ts'

/** Receipts by project and key. */
export type ReceiptMemory = Map<string, Receipt>

type Receipts = Pick<ChangeLog, 'receipt' | 'receipts' | 'keepReceipt' | 'pruneReceipts'>

export function createMemoryReceipts(receipts: ReceiptMemory): Receipts {
  return {
    receipt: async (project, key) => receipts.get(receiptName(project, key)),
    receipts: async (project) =>
      [...receipts].flatMap(([name, receipt]) => (isOf(project, name) ? [receipt] : [])),
    async keepReceipt(project, receipt) {
      receipts.set(receiptName(project, receipt.key), receipt)
    },
    async pruneReceipts(before) {
      for (const [name, { at }] of receipts) if (at < before) receipts.delete(name)
    },
  }
}

/** Deletes the receipts of a project. */
export function dropReceipts(receipts: ReceiptMemory, project: string): void {
  for (const name of receipts.keys()) if (isOf(project, name)) receipts.delete(name)
}

function isOf(project: string, name: string): boolean {
  return name.startsWith(receiptName(project, ''))
}

function receiptName(project: string, key: string): string {
  return `${project} ${key}`
}
