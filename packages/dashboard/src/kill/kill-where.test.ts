import { describe, expect, test } from 'vitest'
import { countPrograms, programsIn, scopesOf, tagCounts, whereOf } from './kill-where.ts'

const INSTANCES = [
  { key: 'acme', tags: { region: 'eu', tier: 'pilot' } },
  { key: 'globex', tags: { region: 'us' } },
  { key: 'initech', tags: { region: 'eu' } },
]

describe('a kill', () => {
  test.for(['*', 'production', 'production/acme'])('in %s names this scope', (scope) => {
    expect(scopesOf(whereOf(scope), INSTANCES)).toEqual([scope])
  })

  test('by tag names the instances that have it', () => {
    const where = { kind: 'tag', environment: 'production', tag: 'region=eu' } as const
    expect(scopesOf(where, INSTANCES)).toEqual(['production/acme', 'production/initech'])
    expect(scopesOf({ ...where, tag: 'region=asia' }, INSTANCES)).toEqual([])
  })

  test('offers each tag with its instances', () => {
    expect(tagCounts(INSTANCES)).toEqual([
      ['region=eu', 2],
      ['region=us', 1],
      ['tier=pilot', 1],
    ])
  })

  test('counts the connected programs of its scopes', () => {
    const programs = [
      { scope: 'production/acme' },
      { scope: 'production/acme-2' },
      { scope: 'production', relayed: { connected: 40 } },
      { scope: 'production/acme', offlineSince: '2026-11-20T08:00:00.000Z' },
      { scope: 'staging/acme' },
    ]
    expect(programsIn(programs, ['production/acme'])).toEqual([programs[0]])
    expect(countPrograms(programsIn(programs, ['production']))).toBe(42)
    expect(countPrograms(programsIn(programs, ['*']))).toBe(43)
  })
})
