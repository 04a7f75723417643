/**
 * Writes at full speed, and prints `seq hash` of each acknowledged change. For
 * `durability.test.ts`. Arguments: the data folder, and the number of changes after which it ends.
 */
import { writeSync } from 'node:fs'
import type { Committed } from '../src/projects/projects.ts'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { BASE, creationOf, on, openShop, outcomeOf, SHOP, writeOf } from './shop.ts'

const WRITERS = 3
const [, , folder, changes = Number.POSITIVE_INFINITY] = process.argv

const { projects, stores } = await openShop(openSqliteStores(folder!))
if (projects.list().length === 0) acknowledge(await projects.commit(...creationOf(SHOP)))
let started = 0
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(`w${writer}`)))
await stores.close()

async function write(writer: string): Promise<void> {
  while (started < Number(changes)) {
    started += 1
    const reason = `${writer} ${performance.now()}`
    const respond = () => ({ status: 200, body: JSON.stringify(reason), headers: {} })
    acknowledge(
      await projects.commit(
        ...writeOf([on('theme', 'staging', { ...BASE, note: { reason } })], {
          reason,
          idempotency: { key: reason, fingerprint: reason, respond },
        }),
      ),
    )
  }
}

/** Synchronous, so that a kill cannot lose a printed line. */
function acknowledge(committed: Committed): void {
  const { seq, hash } = outcomeOf(committed).change!
  writeSync(1, `${seq} ${hash}\n`)
}
