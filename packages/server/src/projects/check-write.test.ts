import { describe, expect, test } from 'vitest'
import {
  BASE,
  creationOf,
  flag,
  givenShop,
  NOW,
  on,
  SHOP,
  type WriteParts,
  writeOf,
} from '../../test/shop.ts'
import { catchUp } from './catch-up.ts'
import { checkWrite } from './check-write.ts'
import { emptyProject, measureProject } from './project-writer.ts'
import type { Policy } from './projects.ts'

const noop = () => undefined
const frozen: Policy = () => {
  throw new Error('frozen')
}
const off = on('theme', '*', { ...BASE, on: false })

/** The writer of the shop, and a check of a write to it. */
async function givenWriter() {
  const { stores } = await givenShop()
  const project = emptyProject('shop')
  await catchUp(stores.log, project, {
    onChange: noop,
    onDeleted: noop,
    onReloaded: noop,
  })
  await measureProject(project)
  const before = { ...project }
  const check = (
    plan: Parameters<typeof writeOf>[0],
    parts: WriteParts = {},
    policies: readonly Policy[] = [],
  ) => checkWrite(project, ...writeOf(plan, parts), policies)
  return { project, before, check }
}

describe('a checked write', () => {
  test('has its edits, its state and its sizes, and changes nothing itself', async () => {
    const { project, before, check } = await givenWriter()

    const { edits, state, sizes } = await check([off])

    expect(edits).toEqual([{ ...off, before: BASE }])
    expect(state.version).toBe(2)
    expect(state.flags.get('theme')!.layers['*']).toMatchObject({ on: false })
    expect([...sizes!.keys()]).toEqual(['production', 'staging'])
    expect(project).toEqual(before)
  })

  test('of existing values has no edits and the state before', async () => {
    const { project, check } = await givenWriter()

    expect(await check([on('theme', '*', BASE)])).toEqual({
      edits: [],
      state: project.state,
      sizes: project.sizes,
      warnings: [],
      overrides: [],
    })
  })

  test('authorises edits that change nothing too', async () => {
    const { check } = await givenWriter()

    await expect(check([on('theme', '*', BASE)], { scope: 'production' })).rejects.toThrow(
      /bound to/,
    )
  })
})

describe('the first failing check decides:', () => {
  const both = { scope: 'production', names: ['layer:theme@*'], expected: 9 }
  test.for([
    ['the permission for the named entities before their version', [off], both, 'SCOPE_FORBIDDEN'],
    [
      'the expected version before the plan',
      () => {
        throw new Error('planned')
      },
      { names: ['layer:theme@*'], expected: 9 },
      'VERSION_CONFLICT',
    ],
    [
      'the permission for the planned entities before their schemas',
      [on('theme', '*', { on: 'yes' } as never)],
      { scope: 'production' },
      'SCOPE_FORBIDDEN',
    ],
    [
      'the schemas before the policies',
      [on('theme', '*', { on: 'yes' } as never)],
      {},
      'INVALID_CHANGE',
    ],
    ['the validation before the policies', [on('thme', '*', BASE)], {}, 'INVALID_CHANGE'],
    ['the policies last', [off], {}, 'frozen'],
  ] as const)('%s', async ([, plan, parts, code]) => {
    const { check } = await givenWriter()

    await expect(check(plan as never, parts, [frozen])).rejects.toEqual(
      expect.toSatisfy(
        (error: Error & { code?: string }) => (error.code ?? error.message) === code,
      ),
    )
  })

  test('the existence of the project before anything else', async () => {
    const { project } = await givenWriter()
    const [write, caller] = creationOf(SHOP, { scope: 'production' })

    await expect(checkWrite(project, write, caller, [frozen])).rejects.toMatchObject({
      code: 'PROJECT_EXISTS',
    })
  })
})

describe('an urgent write', () => {
  const killed = { at: NOW, by: 'ada', reason: 'errors' }

  test('passes policies, and entities that break their schema', async () => {
    const { check } = await givenWriter()
    const kill = on('theme', '*', { ...BASE, killed, note: 7 } as never)

    const { state } = await check([kill], { urgent: true }, [frozen])

    expect(state.flags.get('theme')!.layers['*']!.killed).toEqual(killed)
  })

  test('is validated', async () => {
    const { check } = await givenWriter()

    await expect(check([on('thme', '*', { killed })], { urgent: true })).rejects.toMatchObject({
      code: 'INVALID_CHANGE',
    })
    await expect(check([flag('theme', { variants: [] })], { urgent: true })).rejects.toMatchObject({
      code: 'INVALID_CHANGE',
    })
  })
})
