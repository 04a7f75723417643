/**
 * Writes until the disk is full, frees space, and writes again. `durability.test.ts` starts it with
 * a limit on the size of files. Prints the result of each write as one line of JSON. Argument: the
 * data folder.
 */
import { execFileSync } from 'node:child_process'
import { isFlaghoistError } from '@flaghoist/core'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { BASE, creationOf, on, openShop, outcomeOf, SHOP, writeOf } from './shop.ts'

const FAILURES = 3
const AFTERWARDS = 3

const stores = openSqliteStores(process.argv[2]!)
const { projects } = await openShop(stores)
let writes = 0
let failures = 0

say(outcomeOf(await projects.commit(...creationOf(SHOP))).version)
while (failures < FAILURES) await write()
// A write of one page takes what little room is left.
while (failures === FAILURES)
  await stores.keyUsage.record('shop', new Map([['k', Date.now()]])).catch(tellFailure)
await stores.check().catch(tellFailure)
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
for (let i = 0; i < AFTERWARDS; i += 1) await write()
await stores.check().then(() => say('checked'), tellFailure)

async function write(): Promise<void> {
  writes += 1
  const reason = `${writes} ${'x'.repeat(3_000)}`
  const layer = on('theme', 'staging', { ...BASE, note: { reason } })
  await projects.commit(...writeOf([layer])).then((committed) => {
    say(outcomeOf(committed).version)
  }, tellFailure)
}

function tellFailure(error: unknown): void {
  failures += 1
  say(isFlaghoistError(error) ? error.code : String(error))
}

function say(what: string | number): void {
  console.log(JSON.stringify(what))
}
