import { type Browser, chromium } from 'playwright-core'
import { findChromium } from '../scripts/chromium.mjs'

export type { Browser, Page } from 'playwright-core'

/** Starts a real Chromium without a window. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('There is no Chromium. Run npm test, or name one in FLAGHOIST_CHROMIUM.')
  return await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}
