// Starts one contender in its own process: from the bytes of 1,000 flags to the first evaluation.
import { askedKey, planFlags, users } from './cases.ts'
import { STARTS } from './contenders.ts'
import { heldBytes } from './measure.ts'

const [id, count] = process.argv.slice(2)
const flags = Number(count)
const contender = await STARTS[id!]!()
const configuration = contender.configuration(planFlags('clauses', flags), 'clauses')
const context = contender.contextOf(users[0]!)

const start = performance.now()
const first = await contender.load(configuration, askedKey(flags))
await first.ask(context)
const ms = performance.now() - start

// The code is loaded and compiled by now, so a second client adds only the flags.
const before = heldBytes()
const second = await contender.load(configuration, askedKey(flags))
await second.ask(context)
const bytes = heldBytes() - before

console.log(JSON.stringify({ ms, bytes }))
await first.close?.()
await second.close?.()
// Some peers leave timers behind.
process.exit(0)
