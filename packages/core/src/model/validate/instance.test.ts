import { expect, test } from 'vitest'
import { completed, edit, edited, furnished } from '../../../../../test-support/project.ts'
import type { Instance } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validate } from './index.ts'

const instance = (parts: Partial<Instance>) =>
  edit('instance', 'acme', {
    key: 'acme',
    name: 'Acme',
    tags: {},
    timeZone: 'UTC',
    owner: '',
    status: 'active',
    ...parts,
  })

function issuesOf(state: ProjectState, parts: Partial<Instance>) {
  const edits = completed(state, [instance(parts)])
  return validate(state, edited(state, ...edits), edits)
}

test.each(['UTC', 'Europe/Zurich', 'America/Argentina/Ushuaia'])(
  'accepts the time zone %s',
  (timeZone) => {
    expect(issuesOf(furnished(), { timeZone })).toEqual([])
  },
)

test.each(['Europe/Zürich', 'Zurich', 'MEZ+1', ' UTC'])(
  'refuses the time zone "%s"',
  (timeZone) => {
    expect(issuesOf(furnished(), { timeZone })).toEqual([
      {
        path: 'instance:acme.timeZone',
        message: `Time zone "${timeZone}" does not exist. Use a name of the IANA database, such as "Europe/Zurich" or "UTC".`,
      },
    ])
  },
)

test('accepts edits of an instance whose time zone this machine does not know', () => {
  const state = edited(furnished(), instance({ timeZone: 'Moon/Tranquility' }))
  expect(issuesOf(state, { timeZone: 'Moon/Tranquility', status: 'paused' })).toEqual([])
})
