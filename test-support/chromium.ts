import { type Browser, chromium } from 'playwright-core'

export type { Browser, Page } from 'playwright-core'

/** Starts a real Chromium without a window: the one found by the launcher, or Debian's. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.FLAGHOIST_CHROMIUM || '/usr/bin/chromium-headless-shell',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}
