import { parseArgs } from 'node:util'
import { seed } from './seed.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4400' },
    project: { type: 'string', default: 'shop' },
  },
})
const key = process.env.FLAGHOIST_ADMIN_KEY

if (key === undefined) {
  console.error('Set FLAGHOIST_ADMIN_KEY to an admin key of all projects.')
  process.exit(1)
}
await seed({ ...values, key })
console.log(`The project ${values.project} of ${values.url} holds 60 flags and 3 rollouts.`)
