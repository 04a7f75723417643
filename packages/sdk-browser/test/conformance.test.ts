import { evaluate, prepare } from '@flaghoist/core'
import { expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { describeConformance } from '../../../test-support/conformance.ts'
import { type Asked, recordingAdapter } from '../../../test-support/recorded-conformance.ts'
import { bundle } from './site.ts'

const { adapter, asked } = recordingAdapter((ruleset, { flag, context, fallback, now }) =>
  evaluate(prepare(ruleset, { now: () => now }), flag, context, fallback),
)

describeConformance('what Chromium is asked', adapter)

/**
 * Asks everything again, through a client over the platform of browsers; gives what was answered.
 */
const PROGRAM = `
import { createClient } from '../../client/src/client.ts'
import { browserPlatform } from '../src/browser-platform.ts'

globalThis.answerAll = (asked) =>
  asked.map(({ ruleset, question: { flag, context, fallback, now } }) => {
    const platform = { ...browserPlatform(), request: () => () => {}, now: () => now }
    const flags = createClient({ url: 'https://a.example', key: 'k', bootstrap: ruleset }, platform)
    const { errorMessage, ...details } = flags.details(flag, fallback, context)
    flags.close()
    return details
  })
`

test.for([
  ['production', true],
  ['development', false],
] as const)('Chromium answers every case alike, in the %s build', async ([, isProduction]) => {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.addScriptTag({ content: await bundle(PROGRAM, isProduction) })

  // As text: values such as -0 and members such as __proto__ survive no other way.
  const answers = await page.evaluate<string, string>(
    (text) =>
      JSON.stringify(
        (globalThis as unknown as { answerAll(asked: Asked[]): object[] }).answerAll(
          JSON.parse(text),
        ),
      ),
    JSON.stringify(asked),
  )

  expect(asked.length).toBeGreaterThan(2_000)
  const expected = asked.map(({ details }) => details)
  expect(JSON.parse(answers)).toEqual(JSON.parse(JSON.stringify(expected)))
})
