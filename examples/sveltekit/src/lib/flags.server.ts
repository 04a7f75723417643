import { createFlags } from '@flaghoist/node'

const setting = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: \`npm run setup\` writes it to .env.`)
  return value
}

/** Flags of this process, with the key of a server. */
export const flags = createFlags({
  url: setting('FLAGHOIST_URL'),
  key: setting('FLAGHOIST_SERVER_KEY'),
})

/** How pages reach Flaghoist themselves, with a key that anybody may see. */
export const page = { url: setting('FLAGHOIST_URL'), key: setting('FLAGHOIST_CLIENT_KEY') }
