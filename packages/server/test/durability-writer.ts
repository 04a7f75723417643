/**
 * Writes at full speed until it is killed, and prints `seq hash` of each acknowledged change. For
 * `durability.test.ts`. Argument: the data folder.
 */
import { writeSync } from 'node:fs'
import type { Committed } from '../src/projects/projects.ts'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { BASE, creationOf, on, openShop, outcomeOf, SHOP, writeOf } from './shop.ts'

const WRITERS = 3

const { projects } = await openShop(openSqliteStores(process.argv[2]!))
if (projects.list().length === 0) acknowledge(await projects.commit(...creationOf(SHOP)))
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeForEver(`w${writer}`)))

async function writeForEver(writer: string): Promise<never> {
  for (;;) {
    const reason = `${writer} ${performance.now()}`
    const respond = () => ({ status: 200, body: JSON.stringify(reason) })
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
