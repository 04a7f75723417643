import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

type Entries = readonly [
  typeof import('../src/index.ts'),
  typeof import('../src/internal.ts'),
  typeof import('../src/model/index.ts'),
]

const require = createRequire(import.meta.url)
const files = ['index', 'internal', 'model/index'].map((name) => `../dist/${name}`)
const load = {
  esm: async (): Promise<unknown> =>
    Promise.all(files.map((file) => import(new URL(`${file}.js`, import.meta.url).href))),
  cjs: async (): Promise<unknown> => files.map((file) => require(`${file}.cjs`)),
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
