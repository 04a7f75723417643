import { expect, test } from 'vitest'
import { parseRedisUrl } from './redis-url.ts'

test('the address of Sentinels has their own credentials', () => {
  const url = 'redis+sentinel://ada:secret@one,two:26380/main/2'

  expect(parseRedisUrl(`${url}?sentinel_username=watch&sentinel_password=a%26b`)).toEqual({
    kind: 'sentinel',
    isEncrypted: false,
    hosts: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 26_380 },
    ],
    username: 'ada',
    password: 'secret',
    sentinelUsername: 'watch',
    sentinelPassword: 'a&b',
    master: 'main',
    database: 2,
  })
})

test.for([
  ['an unknown parameter', 'redis+sentinel://one/main?sentinelPassword=secret'],
  ['credentials of Sentinels, of which it has none', 'redis://one?sentinel_password=secret'],
])('refuses a URL with %s', ([, url]) => {
  expect(parseRedisUrl(url!)).toBeUndefined()
})
