/**
 * Deletes the project `shop` of a data folder, and is killed meanwhile. Prints when it begins. For
 * `project-deletion.test.ts`. Argument: the data folder.
 */
import { writeSync } from 'node:fs'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'

const { log } = openSqliteStores(process.argv[2]!)
const head = await log.head('shop')
writeSync(1, 'deletes\n')
await log.delete(head!)
writeSync(1, 'has deleted\n')
