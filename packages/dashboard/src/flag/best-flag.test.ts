import { expect, test } from 'vitest'
import { bestFlag } from './best-flag.ts'

const KEYS = ['chat', 'new-chat', 'new-checkout', 'old-checkout', 'search']

test.for([
  ['search', { flag: 'search' }],
  ['sea', { flag: 'search' }],
  ['chat', { flag: 'chat' }],
  ['new-che', { flag: 'new-checkout' }],
  ['ld-ch', { flag: 'old-checkout' }],
  ['new-ch', { candidates: ['new-chat', 'new-checkout'] }],
  ['checkout', { candidates: ['new-checkout', 'old-checkout'] }],
  ['nothing', { candidates: [] }],
] as const)('the text %s stands for %o', ([text, match]) => {
  expect(bestFlag(text, KEYS, false)).toEqual(match)
})

test('of a list that is cut, only the whole key is certain', () => {
  expect(bestFlag('sea', KEYS, true)).toEqual({ candidates: ['search'] })
  expect(bestFlag('search', KEYS, true)).toEqual({ flag: 'search' })
})
