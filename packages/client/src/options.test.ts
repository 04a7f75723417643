import { describe, expect, test } from 'vitest'
import { type ClientOptions, checkOptions } from './options.ts'

const good = { url: 'https://flags.example.com', key: 'fh_server_secret' }

const check = (options: unknown) => checkOptions(options as ClientOptions)
const textOf = (options: unknown) =>
  check(options)
    .errors.map(({ message, hint }) => `${message} ${hint}`)
    .join(' ')

describe('options', () => {
  test('are fine with a url and a key', () => {
    expect(check(good)).toEqual({ options: good, errors: [], problem: undefined })
  })

  test.for([
    ['nothing', undefined, '"url" is missing'],
    ['no url', { key: 'k' }, '"url" is missing'],
    ['no key', { url: good.url }, '"key" is missing'],
    ['an empty key', { ...good, key: '' }, '"key" is empty'],
    ['an empty url', { ...good, url: '' }, '"url" is empty'],
    ['a key of spaces', { ...good, key: '  ' }, '"key" is empty'],
    ['an empty environment', { ...good, environment: '' }, '"environment" is empty'],
    ['an empty instance', { ...good, instance: '' }, '"instance" is empty'],
    ['a url without a scheme', { ...good, url: 'flags.example.com' }, '"flags.example.com"'],
    ['an instance that is no key', { ...good, instance: 'Acme Ltd' }, '"instance" is "Acme Ltd"'],
    ['a url with a user', { ...good, url: 'https://me:pw@flags.example.com' }, '"url" is'],
    ['a url with a query', { ...good, url: 'https://flags.example.com/?a=1' }, '"url" is'],
    ['a key with a line end', { ...good, key: 'secret\n' }, '"key" is not usable'],
    ['a key that is a number', { ...good, key: 7 }, '"key" is not usable'],
  ] as const)('keep a client from connecting with %s', ([, options, message]) => {
    const { options: usable, problem } = check(options)

    expect(problem).toMatchObject({ code: 'OPTION_INVALID' })
    expect(textOf(options)).toContain(message)
    expect(textOf(options)).toContain('Until then evaluations return fallbacks.')
    expect([typeof usable.url, typeof usable.key]).toEqual(['string', 'string'])
  })

  test.for([
    ['pollIntervalMs', 10, '"pollIntervalMs" is 10'],
    ['pollIntervalMs', Number.NaN, '"pollIntervalMs" is NaN'],
    ['pollIntervalMs', Infinity, '"pollIntervalMs" is Infinity'],
    ['bootstrap', 'a', '"bootstrap" is "a"'],
    ['exposures', 'no', '"exposures" is "no"'],
    ['circuit', { failures: 0 }, '"circuit" is'],
    ['foo', 1, 'no option "foo"'],
  ] as const)('are left out where they do not matter: %s of %j', ([option, value, message]) => {
    const options = { ...good, [option]: value }
    const { options: usable, errors, problem } = check(options)

    expect(textOf(options)).toContain(message)
    expect([errors.length, problem]).toEqual([1, undefined])
    expect(usable).toEqual(good)
  })

  test('say which option a misspelt one could be', () => {
    expect(textOf({ ...good, instanse: 'acme' })).toContain('Did you mean "instance"?')
  })

  test('never show the key', () => {
    expect(textOf({ ...good, key: 'secret key' })).not.toContain('secret')
  })
})
