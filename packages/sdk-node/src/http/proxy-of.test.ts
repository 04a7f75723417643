import { expect, test } from 'vitest'
import { type Environment, proxyOf } from './proxy-of.ts'

const SERVER = 'https://flags.example.com/sdk/v1/stream'
const hostFor = (env: Environment, url = SERVER) => proxyOf(new URL(url), env)?.host

test.for([
  ['nothing', {}, undefined],
  ['an empty variable', { HTTPS_PROXY: '' }, undefined],
  ['HTTPS_PROXY', { HTTPS_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
  ['a lower-case name first', { https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'low:1'],
  ['ALL_PROXY', { ALL_PROXY: 'http://all:1' }, 'all:1'],
  ['a host without a scheme', { HTTPS_PROXY: 'proxy:3128' }, 'proxy:3128'],
  ['the variable of another scheme', { HTTP_PROXY: 'http://proxy:3128' }, undefined],
] as const)('the proxy is read from %s', ([, env, host]) => {
  expect(hostFor(env)).toBe(host)
})

test.for([
  ['*', true],
  ['flags.example.com', true],
  ['FLAGS.example.com', true],
  ['example.com', true],
  ['.example.com', true],
  ['*.example.com', true],
  ['other.org, example.com', true],
  ['other.org example.com', true],
  ['example.com:443', true],
  ['example.com:8443', false],
  ['ample.com', false],
  ['flags.example.com.evil.org', false],
  ['', false],
  [' , ', false],
] as const)('NO_PROXY="%s" excludes the server: %s', ([list, isExcluded]) => {
  expect(hostFor({ HTTPS_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(isExcluded)
})

test.for([
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://10.1.2.3', '10.1.2.3', true],
  ['https://10.1.2.3', '11.0.0.0/8', false],
  ['https://10.1.2.3', '10.0.0.0/99', false],
  ['https://[fd00::7]', 'fd00::/8', true],
  ['https://[fd00::7]:8443', '[fd00::7]:8443', true],
  ['https://localhost:4400', '', true],
  ['http://127.0.0.2:4400', '', true],
  ['https://[::1]', '', true],
] as const)('for %s, NO_PROXY="%s" excludes: %s', ([url, list, isExcluded]) => {
  const env = { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1', NO_PROXY: list }
  expect(hostFor(env, url) === undefined).toBe(isExcluded)
})

test('a CGI program ignores HTTP_PROXY, which any client could set', () => {
  const env = { HTTP_PROXY: 'http://evil:1' }
  expect(hostFor(env, 'http://flags.example.com')).toBe('evil:1')
  expect(hostFor({ ...env, REQUEST_METHOD: 'GET' }, 'http://flags.example.com')).toBeUndefined()
})

test.for(['socks5://user:secret@proxy:1080', 'http://[', 'http://proxy:99999'])(
  'an unsupported proxy is an error without its password: %s',
  (proxy) => {
    expect(() => hostFor({ HTTPS_PROXY: proxy })).toThrow(/unsupported proxy/)
    expect(() => hostFor({ HTTPS_PROXY: proxy })).not.toThrow(/secret/)
  },
)
