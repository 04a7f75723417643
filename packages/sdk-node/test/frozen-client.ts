/** Prints its state after each change, until it is killed. */
import { createFlags } from '../src/index.ts'

const flags = createFlags({ url: process.argv[2]!, key: 'k' })
let printed = ''
setInterval(() => {
  const { state, version } = flags.status()
  const line = `${state} ${version} ${flags.isEnabled('new-checkout')}`
  if (line !== printed) console.log(line)
  printed = line
}, 20)
