/**
 * Compiled, never run: what declared flags make of a program. A project of its own, since the
 * declaration is global.
 */
import { createTestFlags, type FlagKey } from '@flaghoist/node'

declare module '@flaghoist/node' {
  interface FlagTypes {
    'new-checkout': boolean
    theme: 'light' | 'dark'
    limit: number
  }
}

const flags = createTestFlags({ 'new-checkout': true })

export const isOn: boolean = flags.isEnabled('new-checkout', { targetingKey: 'ada' })
export const theme: 'light' | 'dark' = flags.value('theme', 'light')
export const limit: number = flags.details('limit', 3).value
export const key: FlagKey = 'theme'

// @ts-expect-error There is no such flag.
createTestFlags({ 'new-chekout': true })
// @ts-expect-error There is no such flag.
flags.isEnabled('new-chekout')
// @ts-expect-error It is no boolean flag.
flags.isEnabled('theme')
// @ts-expect-error It has no such variant.
flags.value('theme', 'blue')
// @ts-expect-error It is a number.
flags.value('limit', 'three')
// @ts-expect-error There is no such flag.
flags.for({}).value('limits', 3)
