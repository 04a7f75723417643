import { createFlags } from '@flaghoist/node'
import { buildShop } from './app.ts'

/** The flags of one deployment for one customer. The key is bound to its instance. */
const flags = createFlags({
  url: process.env.FLAGHOIST_URL ?? 'http://127.0.0.1:4400',
  key: process.env.FLAGHOIST_KEY ?? '',
})
await flags.ready({ timeout: 2_000 })

const app = buildShop(flags, process.env.SHOP_VOUCHERS ? 'vouchers' : 'none')
const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
console.log(`shop ${url} (flags: ${flags.status().state})`)

process.once('SIGTERM', async () => {
  await app.close()
  await flags.close()
})
