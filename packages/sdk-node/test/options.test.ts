import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { createFlags, type NodeOptions } from '../src/index.ts'
import { ruleset } from './fixtures.ts'
import { folder, healthyServer, outputOf, startProgram } from './programs.ts'

let emitWarning: MockInstance
beforeEach(() => {
  emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})
const warnings = () => emitWarning.mock.calls.map(([message]) => String(message))

/** The behaviour of flags with unchecked options, from their creation to their close. */
async function started(options: unknown) {
  const flags = createFlags(options as NodeOptions)
  const { status } = await flags.ready()
  const answer = flags.isEnabled('new-checkout', { targetingKey: 'ada' }, true)
  const { state, lastError } = flags.status()
  await flags.flush()
  await flags.close()
  return { status, answer, state, lastError }
}

describe('options from an environment without its variables', () => {
  test.for([
    ['no options', undefined, 'url'],
    ['an empty key', { key: '' }, 'key'],
    ['no key', { key: undefined }, 'key'],
    ['a key of spaces', { key: ' \n' }, 'key'],
    ['a key of another type', { key: { secret: 'x' } }, 'key'],
    ['an empty url', { url: '' }, 'url'],
    ['no url', { url: undefined }, 'url'],
    ['a url of another type', { url: new URL('http://127.0.0.1:9') }, 'url'],
    ['an empty environment', { environment: '' }, 'environment'],
    ['an empty instance', { instance: '' }, 'instance'],
  ] as const)('throw nothing and send no request: %s', async ([, parts, option]) => {
    const server = await healthyServer()
    const given = parts && { url: server.url, key: 'k', cacheDir: folder(), ...parts }
    const flags = await started(given)

    expect(flags).toMatchObject({ status: 'default', answer: true, state: 'default' })
    expect(flags.lastError).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(`"${option}"`),
      hint: expect.stringContaining(`Set ${option} to`),
    })
    expect(warnings().filter((text) => text.includes(`"${option}"`))).toHaveLength(1)
    expect([server.asked, server.reports]).toEqual([[], []])
  })

  test('leave the bootstrap in use, and report nothing', async () => {
    const flags = createFlags({ url: '', key: '', bootstrap: ruleset(1, true) })
    const user = flags.for({ targetingKey: 'ada' })

    expect(user.isEnabled('new-checkout')).toBe(true)
    user.track('done')
    expect(await flags.ready()).toEqual({ status: 'cached' })
    expect(flags.status()).toMatchObject({ state: 'cached', droppedExposures: 0 })
    await flags.close()
    expect(flags.status().state).toBe('closed')
  })

  test('do not break the build of an app, which imports its flags', async () => {
    const source = `
      export const flags = createFlags({ url: process.env.NO_SUCH_URL ?? '', key: process.env.NO_SUCH_KEY ?? '' })
      console.log(flags.isEnabled('new-checkout', {}, true))`
    const { code, output } = await outputOf(startProgram({ source }))

    expect(code).toBe(0)
    expect(output).toMatch(/^true$/m)
  })
})

describe('another option', () => {
  test.for([
    ['cacheDir', ''],
    ['cacheDir', 7],
    ['bootstrap', 7],
    ['bootstrap', ''],
    ['bootstrap', '/nowhere/ruleset.json'],
    ['telemetry', true],
    ['pollIntervalMs', Number.NaN],
    ['exposures', 'no'],
    ['cachedir', 'x'],
  ] as const)('that is invalid is left out, with a warning: %s = %j', async ([option, value]) => {
    const server = await healthyServer()
    const flags = await started({ url: server.url, key: 'k', [option]: value })

    expect(flags).toMatchObject({ status: 'live', answer: true, state: 'live' })
    expect(warnings()).toEqual([expect.stringContaining(`"${option}"`)])
  })
})
