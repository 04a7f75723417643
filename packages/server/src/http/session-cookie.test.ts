import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { cookiePlaceOf, sessionTokenOf } from './session-cookie.ts'

const requestOf = (headers: Record<string, string>) => ({ headers }) as unknown as FastifyRequest

test.for([
  [undefined, {}, { path: '/', isHttps: false }],
  ['http://flags.example', {}, { path: '/', isHttps: false }],
  ['https://flags.example/', {}, { path: '/', isHttps: true }],
  ['https://tools.example/flags', {}, { path: '/flags/', isHttps: true }],
  [undefined, { 'x-forwarded-proto': 'https' }, { path: '/', isHttps: true }],
  [undefined, { 'x-forwarded-proto': 'https, http' }, { path: '/', isHttps: true }],
  [undefined, { 'x-forwarded-proto': 'http' }, { path: '/', isHttps: false }],
] as const)('cookies of %s with %o have the place %o', ([publicUrl, headers, place]) => {
  expect(cookiePlaceOf(requestOf(headers), publicUrl)).toEqual(place)
})

test.for([
  ['flaghoist_session=session-1.a', 'session-1.a'],
  ['theme=dark; flaghoist_session=session-1.a; b', 'session-1.a'],
  ['other_flaghoist_session=x', undefined],
  ['flaghoist_session=', undefined],
  ['', undefined],
] as const)('the cookie header "%s" holds the token %s', ([cookie, token]) => {
  expect(sessionTokenOf({ cookie })).toBe(token)
})
