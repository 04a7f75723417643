// The start of one contender in a process of its own: from the bytes of 1,000 flags to the first answer.
import { askedKey, planFlags, users } from './cases.ts'
import { CONTENDERS } from './contenders.ts'
import { heldBytes } from './measure.ts'

const [id, count] = process.argv.slice(2)
const flags = Number(count)
const contender = await CONTENDERS[id!]!()
const configuration = contender.configuration(planFlags('clauses', flags), 'clauses')
const context = contender.contextOf(users[0]!)

const start = performance.now()
const first = await contender.load(configuration, askedKey(flags))
await first.ask(context)
const ms = performance.now() - start

// By now its code is loaded and compiled: what a second one adds is the flags.
const before = heldBytes()
const second = await contender.load(configuration, askedKey(flags))
await second.ask(context)
const bytes = heldBytes() - before

console.log(JSON.stringify({ ms, bytes }))
await first.close?.()
await second.close?.()
// Peers leave timers behind.
process.exit(0)
