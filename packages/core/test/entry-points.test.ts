import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

type Entries = readonly [
  typeof import('../src/index.ts'),
  typeof import('../src/internal.ts'),
  typeof import('../src/model/index.ts'),
]

const require = createRequire(import.meta.url)
const names = ['index', 'internal', 'model/index']
const load = {
  esm: async (): Promise<unknown> => Promise.all(names.map((name) => import(`../dist/${name}.js`))),
  cjs: async (): Promise<unknown> => names.map((name) => require(`../dist/${name}.cjs`)),
}

test.for(['esm', 'cjs'] as const)(
  'the built entry points share their modules as %s',
  async (format) => {
    const [main, internal, model] = (await load[format]()) as Entries
    const problem = internal.defineErrors({ A: { status: 400, message: 'a', hint: 'b' } })

    expect(problem('A', {})).toBeInstanceOf(main.FlaghoistError)
    expect(() => model.resplit([], {})).toThrow(main.FlaghoistError)
  },
)
