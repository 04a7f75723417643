import { createTestFlags } from '@flaghoist/browser'
import { render } from 'svelte/server'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AppFlags } from '../src/index.ts'
import Everything from './Everything.svelte'

/** The text that a server renders. */
async function rendered(flags?: AppFlags): Promise<string> {
  const { body } = await render(Everything, { props: { flags } })
  return body
    .replace(/<!--.*?-->|<\/?p>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

describe('components', () => {
  test('ask the flags that are provided, as runes and as a store', async () => {
    const flags = createTestFlags({ 'new-home': true, theme: 'dark', limits: { max: 3 } })
    expect(await rendered(flags)).toBe(
      'true true test dark STATIC 3 true dark false new home new path',
    )
  })

  test('answer with fallbacks where a flag is missing', async () => {
    expect(await rendered(createTestFlags())).toBe(
      'false false none light ERROR 1 false light false old home old path',
    )
  })

  test('answer with fallbacks where nobody provides flags, and say so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    expect(await rendered()).toContain('old home')
    await rendered()
    expect(warn).toHaveBeenCalledOnce()
    expect(warn.mock.calls[0]![0]).toContain('<FlagProvider>')
  })
})
