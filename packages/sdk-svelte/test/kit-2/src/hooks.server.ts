import { createFlags } from '@flaghoist/node'
import { flagHandle } from '@flaghoist/svelte/kit'

// The test sets these for the build as well, since a prerendered page holds them.
const { FLAGHOIST_URL: url = 'http://127.0.0.1:9', FLAGHOIST_SERVER_KEY: key = 'none' } =
  process.env
const flags = createFlags({ url, key })

export const init = async () => void (await flags.ready({ timeout: 2_000 }))
export const handle = flagHandle({
  flags,
  page: { url, key: process.env.FLAGHOIST_CLIENT_KEY ?? 'none' },
})
