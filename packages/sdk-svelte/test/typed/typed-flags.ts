/**
 * Compiled, never run: what declared flags make of an app. A project of its own, since the
 * declaration is global.
 */
import { flag, useFlags } from '@flaghoist/svelte'
import { get } from 'svelte/store'

declare module '@flaghoist/svelte' {
  interface FlagTypes {
    'new-checkout': boolean
    theme: 'light' | 'dark'
  }
  interface FlagVariants {
    'new-checkout': 'on' | 'off'
    theme: 'day' | 'night'
  }
}

const checkout = flag('new-checkout')
const theme = flag('theme', 'light')

export const isOn: boolean = checkout.enabled
export const variant: 'on' | 'off' | undefined = checkout.variant
export const value: 'light' | 'dark' = theme.value
export const asked: boolean = get(flag)('new-checkout')
useFlags().identify({ targetingKey: 'ada' })

// @ts-expect-error There is no such flag.
flag('new-chekout')
// @ts-expect-error It is no boolean flag: its value needs a fallback.
flag('theme')
// @ts-expect-error It has no such value.
flag('theme', 'blue')
// @ts-expect-error It is no boolean flag.
get(flag)('theme')
