import { createFlags } from '@flaghoist/node'

const setting = (name: string): string => {
  const value = process.env[name]
  if (!value)
    throw new Error(`${name} is not set. Run \`npm run example setup\` to write it to .env.`)
  return value
}

/** The flags of this process, read with a server key. */
export const flags = createFlags({
  url: setting('FLAGHOIST_URL'),
  key: setting('FLAGHOIST_SERVER_KEY'),
})

/** Address and public client key with which pages connect to Flaghoist. */
export const page = { url: setting('FLAGHOIST_URL'), key: setting('FLAGHOIST_CLIENT_KEY') }
