import { expect, test } from 'vitest'
import * as api from '../src/index.ts'

test('the package exports what it always has', () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "FlaghoistError",
      "createFlags",
      "createTestFlags",
      "isFlaghoistError",
      "requestScope",
    ]
  `)
})
