import type { ProjectState } from '@flaghoist/core/model'
import type { Freeze, Instance } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { edit, edited, furnished } from '../../../../test-support/project.ts'
import { frozenAt } from './frozen.ts'
import { workAllowedAt } from './work-time.ts'

const at = (text: string) => Date.parse(`${text}Z`)
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const
const OFFICE = { days: [...WEEKDAYS], from: '09:00', to: '17:00' }
/** The nights of all days in New York. */
const NIGHTS: Freeze = {
  key: 'nights',
  name: 'Nights',
  window: { weekly: { days: [...WEEKDAYS, 'sat', 'sun'], from: '17:00', to: '09:00' } },
  zone: 'instance',
}
const sale: Freeze = {
  key: 'sale',
  name: 'Black Friday',
  environments: ['production'],
  window: { once: { from: '2026-11-26T18:00', to: '2026-12-01T08:00' } },
  zone: 'UTC',
}

const withFreezes = (...freezes: readonly Freeze[]) =>
  edited(furnished(), ...freezes.map((freeze) => edit('freeze', freeze.key, freeze)))
const withAcme = (state: ProjectState, parts: Partial<Instance>) =>
  edited(state, edit('instance', 'acme', { ...state.instances.get('acme')!, ...parts }))

describe('frozenAt', () => {
  test('returns the freeze that ends last, and only where it applies', () => {
    const day: Freeze = { ...sale, key: 'day', name: 'Day', instances: { keys: ['acme'] } }
    const short = { ...day, window: { once: { from: '2026-11-27T00:00', to: '2026-11-28T00:00' } } }
    const state = withFreezes(short, sale)

    expect(frozenAt(state, 'production/acme', at('2026-11-27T12:00'))).toEqual({
      freeze: sale,
      until: at('2026-12-01T08:00'),
    })
    expect(frozenAt(withFreezes(short), 'production/globex', at('2026-11-27T12:00'))).toBe(
      undefined,
    )
    expect(frozenAt(withFreezes(short), 'production', at('2026-11-27T12:00'))).toBe(undefined)
    expect(frozenAt(state, 'staging', at('2026-11-27T12:00'))).toBe(undefined)
    expect(frozenAt(state, 'production', at('2026-12-01T08:00'))).toBe(undefined)
    expect(frozenAt(state, '*', at('2026-11-27T12:00'))).toBe(undefined)
  })

  test('follows the clocks of each instance, and UTC in an environment', () => {
    const state = withAcme(withFreezes({ ...sale, zone: 'instance' }), { timeZone: 'Asia/Tokyo' })
    const ends = ['production/acme', 'production/globex', 'production'].map(
      (scope) => frozenAt(state, scope, at('2026-11-30T22:00'))?.until,
    )
    expect(ends).toEqual([at('2026-11-30T23:00'), at('2026-12-01T08:00'), at('2026-12-01T08:00')])
  })

  test('selects instances by their tags', () => {
    const state = withFreezes({ ...sale, instances: { tags: { tier: ['gold', 'pilot'] } } })
    const acme = (tags: Record<string, string>) =>
      frozenAt(withAcme(state, { tags }), 'production/acme', at('2026-11-27T12:00'))?.freeze.key
    expect([acme({ tier: 'pilot' }), acme({ tier: 'free' }), acme({})]).toEqual([
      'sale',
      undefined,
      undefined,
    ])
  })
})

describe('workAllowedAt', () => {
  test('is open for ever without freezes and business hours', () => {
    expect(workAllowedAt(furnished(), 'production/acme', at('2026-11-27T12:00'))).toEqual({
      isOpen: true,
      until: Number.POSITIVE_INFINITY,
    })
  })

  test('is open until the hours end or a freeze starts, whichever is first', () => {
    const state = withAcme(withFreezes(sale), { businessHours: OFFICE })
    expect(workAllowedAt(state, 'production/acme', at('2026-11-25T10:00'))).toEqual({
      isOpen: true,
      until: at('2026-11-25T17:00'),
    })
    expect(workAllowedAt(state, 'production/globex', at('2026-11-25T10:00'))).toEqual({
      isOpen: true,
      until: at('2026-11-26T18:00'),
    })
  })

  test('names the freeze, and opens with the hours after it', () => {
    const state = withAcme(withFreezes(sale), { businessHours: OFFICE })
    expect(workAllowedAt(state, 'production/acme', at('2026-11-28T10:00'))).toEqual({
      isOpen: false,
      until: at('2026-12-01T09:00'),
      reason: {
        code: 'frozen',
        text: 'The freeze "Black Friday" applies in production/acme until 2026-12-01T08:00:00Z.',
      },
    })
  })

  test('waits for the hours of an instance in its own zone', () => {
    const state = withAcme(furnished(), { businessHours: OFFICE, timeZone: 'America/New_York' })
    expect(workAllowedAt(state, 'production/acme', at('2026-11-28T10:00'))).toEqual({
      isOpen: false,
      until: at('2026-11-30T14:00'),
      reason: {
        code: 'outside-hours',
        text: 'It is outside the business hours of "acme" (America/New_York) until 2026-11-30T14:00:00Z.',
      },
    })
    expect(workAllowedAt(state, 'production', at('2026-11-28T10:00')).isOpen).toBe(true)
  })

  test('never opens where freezes and hours leave no time', () => {
    const night = { days: [...WEEKDAYS], from: '18:00', to: '08:00' }
    const state = withAcme(withFreezes(NIGHTS), { businessHours: night })
    expect(workAllowedAt(state, 'production/acme', at('2026-11-27T19:00'))).toEqual({
      isOpen: false,
      until: Number.POSITIVE_INFINITY,
      reason: {
        code: 'frozen',
        text: 'The freeze "Nights" applies in production/acme until 2026-11-28T09:00:00Z.',
      },
    })
  })

  test('follows edits at once, and time forwards and backwards', () => {
    const state = withAcme(withFreezes(sale), { businessHours: OFFICE })
    const isOpen = (one: ProjectState, text: string) =>
      workAllowedAt(one, 'production/acme', at(text)).isOpen
    const times = ['2026-11-25T10:00', '2026-11-28T10:00', '2026-11-25T10:00', '2026-11-25T08:59']
    expect(times.map((time) => isOpen(state, time))).toEqual([true, false, true, false])

    const lifted = edited(state, edit('freeze', 'sale', null))
    expect(isOpen(state, '2026-11-27T10:00')).toBe(false)
    expect(isOpen(lifted, '2026-11-27T10:00')).toBe(true)
    const always = withAcme(lifted, {})
    const { businessHours: _, ...acme } = always.instances.get('acme')!
    expect(isOpen(lifted, '2026-11-28T10:00')).toBe(false)
    expect(isOpen(edited(lifted, edit('instance', 'acme', acme)), '2026-11-28T10:00')).toBe(true)
  })
})
