import { describe, expect, test } from 'vitest'
import { type ClientOptions, checkOptions } from './options.ts'

const good = { url: 'https://flags.example.com', key: 'fh_server_secret' }

describe('options', () => {
  test('are fine with a url and a key', () => {
    expect(() => checkOptions(good)).not.toThrow()
  })

  test.for([
    ['nothing', undefined, 'object with "url" and "key"'],
    ['no url', { key: 'k' }, '"url" is missing'],
    ['no key', { url: good.url }, '"key" is missing'],
    [
      'a url without a scheme',
      { ...good, url: 'flags.example.com' },
      '"url" is "flags.example.com"',
    ],
    ['an instance that is no key', { ...good, instance: 'Acme Ltd' }, '"instance" is "Acme Ltd"'],
    ['a poll interval below a second', { ...good, pollIntervalMs: 10 }, '"pollIntervalMs" is 10'],
    ['a poll interval of for ever', { ...good, pollIntervalMs: Infinity }, '"pollIntervalMs" is'],
    ['a url with a user', { ...good, url: 'https://me:pw@flags.example.com' }, '"url" is'],
    ['a url with a query', { ...good, url: 'https://flags.example.com/?a=1' }, '"url" is'],
    ['a key with a line end', { ...good, key: 'secret\n' }, '"key" is not usable'],
    ['a bootstrap that is text', { ...good, bootstrap: 'a' }, '"bootstrap" is "a"'],
    ['an option that nobody knows', { ...good, foo: 1 }, 'no option "foo"'],
  ] as const)('are refused with %s', ([, options, message]) => {
    const refused = () => checkOptions(options as unknown as ClientOptions)
    expect(refused).toThrow(expect.objectContaining({ code: expect.stringMatching(/^OPTION_/) }))
    expect(() => {
      try {
        refused()
      } catch (error) {
        const { message: text, hint } = error as Error & { hint: string }
        throw new Error(`${text} ${hint}`)
      }
    }).toThrow(message)
  })

  test('say which option a misspelt one could be', () => {
    const misspelt = { ...good, instanse: 'acme' } as unknown as ClientOptions
    expect(() => checkOptions(misspelt)).toThrow(
      expect.objectContaining({ hint: 'Did you mean "instance"?' }),
    )
  })

  test('never show the key', () => {
    const options = { ...good, key: 7 } as unknown as ClientOptions
    expect(() => checkOptions(options)).toThrow('"key" is not usable')
  })
})
