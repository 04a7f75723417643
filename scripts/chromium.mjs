// The browser that the tests of the browser SDKs run in.
import { existsSync } from 'node:fs'
import { die, run, say } from './toolchain.mjs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const HELP =
  'Install Chromium or Chrome, or name its program in FLAGHOIST_CHROMIUM: the browser tests need a real one.'

/** Path of Chromium. Root on Debian gets it installed; anybody else without one is told what to do. */
export function chromium() {
  const wanted = process.env.FLAGHOIST_CHROMIUM
  if (wanted) return existsSync(wanted) ? wanted : die(`There is no ${wanted}. ${HELP}`)
  const found = PLACES.find((path) => existsSync(path))
  if (found) return found
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) die(`No Chromium found. ${HELP}`)

  say('installing chromium')
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  }
  const install = ['install', '-qq', '-y', '--no-install-recommends', 'chromium']
  run('apt-get', ['update', '-qq'], options) // What it could not renew may still do.
  if (run('apt-get', install, options) !== 0 || !existsSync(PLACES[0]))
    die(`apt-get could not install chromium. ${HELP}`)
  return PLACES[0]
}
