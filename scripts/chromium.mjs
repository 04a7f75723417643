// The browser of the tests, benchmarks and pictures.
import { existsSync } from 'node:fs'

/** Debian's package of the browser that is preferred. */
export const CHROMIUM_PACKAGE = 'chromium-headless-shell'

/** The first has no parts for windows, and runs tests of the dashboard in half the time. */
const PROGRAMS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Returns the path of the Chromium or Chrome to run; undefined if there is none. */
export function findChromium() {
  return process.env.FLAGHOIST_CHROMIUM || PROGRAMS.find((path) => existsSync(path))
}
