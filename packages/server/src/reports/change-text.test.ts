import type { Change, LoggedEdit } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { changeText } from './change-text.ts'

const edit = (kind: string, key: string, after: object | null = null) =>
  ({ kind, key, before: null, after }) as LoggedEdit
const change = (action: string, reason?: string) => ({ action, reason }) as Change

test.for([
  ['flag.create', edit('flag', 'search'), undefined, 'Created the flag "search".'],
  [
    'layer.update',
    edit('layer', 'search@production/acme'),
    'A fix',
    'Updated the settings of "search" in production/acme: A fix',
  ],
  [
    'layer.set',
    edit('layer', 'search@*'),
    undefined,
    'Replaced the settings of "search" in all environments.',
  ],
  ['apiKey.revoke', edit('apiKey', 'k1', { name: 'shop' }), undefined, 'Revoked the key "shop".'],
] as const)('%s is a sentence', ([action, one, reason, text]) => {
  expect(changeText(change(action, reason), [one])).toBe(text)
})

test('further edits are counted', () => {
  const edits = ['a', 'b', 'c'].map((key) => edit('layer', `${key}@production`))
  expect(changeText(change('change.revert'), edits)).toBe(
    'Reverted a change of the settings of "a" in production and 2 more.',
  )
})
