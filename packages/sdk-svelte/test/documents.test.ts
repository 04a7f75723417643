import { readFileSync } from 'node:fs'
import { compile } from 'svelte/compiler'
import { expect, test } from 'vitest'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('every component of the README compiles, for browsers and for servers', () => {
  const components = [...README.matchAll(/```svelte\n(.*?)```/gs)].map(([, code = '']) => code)
  expect(components).toHaveLength(3)
  for (const code of components)
    for (const generate of ['client', 'server'] as const)
      expect(compile(code, { generate }).warnings).toEqual([])
})
