// Creates the flags and two keys of this example on a Flaghoist server and writes .env:
//   FLAGHOIST_ADMIN_KEY=fh_admin_… npm run example setup
import { writeFileSync } from 'node:fs'

const url = process.env.FLAGHOIST_URL ?? 'http://127.0.0.1:4400'
const adminKey = process.env.FLAGHOIST_ADMIN_KEY
if (!adminKey) throw new Error('Set FLAGHOIST_ADMIN_KEY to the admin key that `npm start` printed.')

const half = { percent: 50 }
const flags = [
  { key: 'new-checkout', description: 'Checkout on one page', rollout: half },
  { key: 'new-prices', description: 'Discounts for three of a kind', rollout: { percent: 100 } },
  { key: 'new-picks', description: 'Picks based on earlier orders', rollout: { percent: 100 } },
]

for (const { rollout, ...flag } of flags) {
  await ask('POST', 'flags', flag, [201, 409])
  await ask('PATCH', `flags/${flag.key}`, { clientVisible: true })
  await ask('PATCH', `flags/${flag.key}/layers/production`, { on: true, rollout })
}
const server = await ask('POST', 'keys', {
  name: 'shop server',
  kind: 'server',
  scope: 'production',
})
const client = await ask('POST', 'keys', {
  name: 'shop pages',
  kind: 'client',
  scope: 'production',
})

writeFileSync(
  '.env',
  `ORIGIN=http://127.0.0.1:3000\nHOST=127.0.0.1\nPORT=3000\nFLAGHOIST_URL=${url}\nFLAGHOIST_SERVER_KEY=${server.secret}\nFLAGHOIST_CLIENT_KEY=${client.secret}\n`,
)
console.log(
  'Created flags and keys and wrote .env. Next: npm run example build, then npm run example start',
)

/** @param {string} method @param {string} path @param {object} body @param {number[]} expected */
async function ask(method, path, body, expected = [200, 201]) {
  const response = await fetch(`${url}/api/v1/projects/default/${path}`, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!expected.includes(response.status)) throw new Error(`${method} ${path}: ${text}`)
  return JSON.parse(text)
}
