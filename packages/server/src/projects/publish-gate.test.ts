import { LIMITS, type RulesetFlag } from '@flaghoist/core'
import { canonicalJson } from '@flaghoist/core/internal'
import { compile } from '@flaghoist/core/model'
import type { Layer } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
  creationOf,
  environment,
  flag,
  givenShop,
  instance,
  NOW,
  on,
  openShop,
  SHOP,
  segment,
  writeOf,
} from '../../test/shop.ts'
import { planKill } from '../kill/plan.ts'
import { shopOf } from '../stores/change-log.contract.ts'
import { seal } from './chain.ts'
import type { PlannedEdit, Projects } from './projects.ts'
import { measureRulesets, type Publication, publishGate } from './publish-gate.ts'

/** A flag of a mebibyte: what it takes is in the rules of its layer `*`. */
const heavy = (key: string): PlannedEdit[] => {
  const values = Array.from({ length: 1_050 }, (_, i) => `${i}`.padEnd(1_000, 'x'))
  const when = [[{ attribute: 'email', op: 'in' as const, values }]]
  const rules = [{ id: 'r', when, serve: { variant: 'off' } }]
  return [flag(key), on(key, '*', { ...BASE, rules })]
}
const instances = (count: number) => Array.from({ length: count }, (_, i) => `i${i}`)

/** A ruleset of 15 to 16 MiB, most of it one flag in 14 instances that differ. */
async function givenLargeRuleset() {
  const shop = await givenShop()
  const keys = instances(15)
  await shop.projects.commit(...writeOf([...heavy('theme'), ...keys.map((key) => instance(key))]))
  await shop.projects.commit(
    ...writeOf(keys.slice(1).map((key) => on('theme', `production/${key}`, { on: false }))),
  )
  return shop
}

const killIn = (projects: Projects, scope: string, urgent: boolean) =>
  projects.commit(
    ...writeOf(
      (state) =>
        planKill(state, [{ flag: 'theme', scope }], { at: NOW, by: 'Ada', reason: 'It is down.' }),
      { urgent },
    ),
  )

describe('a ruleset that would grow beyond its limit', () => {
  test('is not published, and the environment is named', async () => {
    const { projects } = await givenLargeRuleset()

    await expect(
      projects.commit(...writeOf([on('theme', 'production/i0', { on: false })])),
    ).rejects.toMatchObject({
      code: 'INVALID_CHANGE',
      issues: [
        {
          path: 'environment:production',
          message: expect.stringContaining(`the limit is ${LIMITS.rulesetBytes / 2 ** 20} MiB`),
        },
      ],
    })
    await expect(
      projects.commit(...writeOf([on('theme', 'staging/i0', { on: false })])),
    ).resolves.toMatchObject({ version: 4 })
  })

  test('is not published after a restart either', async () => {
    const { stores } = await givenLargeRuleset()
    const { projects } = await openShop(stores)

    await expect(
      projects.commit(...writeOf([on('theme', 'production/i0', { on: false })])),
    ).rejects.toMatchObject({ code: 'INVALID_CHANGE' })
  })

  test('fails the preview of the write as well', async () => {
    const { projects } = await givenLargeRuleset()
    const write = writeOf([on('theme', 'production/i0', { on: false })])

    await expect(projects.preview(...write)).rejects.toThrow(/the limit is/)
  })

  test('stops no kill, and nothing that makes it smaller', async () => {
    const { projects } = await givenLargeRuleset()

    await expect(killIn(projects, 'production/i0', true)).resolves.toMatchObject({ version: 4 })
    await expect(
      projects.commit(...writeOf([on('theme', 'production/i1', null)])),
    ).resolves.toMatchObject({ version: 5 })
  })

  test('is not one by kills of instances: the writes after them pass', async () => {
    const { projects } = await givenLargeRuleset()
    const kill = { at: NOW, by: 'Ada', reason: 'It is down.' }
    const targets = instances(15).map((key) => ({ flag: 'theme', scope: `production/${key}` }))
    await projects.commit(...writeOf((state) => planKill(state, targets, kill), { urgent: true }))

    await expect(
      projects.commit(...writeOf([on('theme', 'production', { on: true })])),
    ).resolves.toMatchObject({ version: 5 })
  })

  test('is found out when its environment is new', async () => {
    const { projects } = await openShop()
    const keys = Array.from({ length: 16 }, (_, i) => `heavy-${i}`)
    const [project] = SHOP
    await projects.commit(...creationOf([project!, ...keys.flatMap(heavy)]))

    await expect(projects.commit(...writeOf([environment('uat')]))).rejects.toThrow(
      /"uat" would have/,
    )
  })
})

test('a stored flag that cannot be evaluated can be killed, but not changed otherwise', async () => {
  const { projects: before, stores } = await givenShop()
  const [first] = await stores.log.read('shop', 0, 1)
  const { hash, previousHash: _, ...change } = first!
  const after = { fallthrough: { variant: 'gone' } }
  const older = {
    ...change,
    seq: before.get('shop').state.version + 1,
    edits: [{ kind: 'layer' as const, key: 'theme@production', before: null, after }],
  }
  await stores.log.append(await shopOf(stores.log), seal(older, hash))
  const { projects } = await openShop(stores)

  await expect(killIn(projects, 'production', false)).rejects.toThrow(/gone/)
  await expect(killIn(projects, 'production', true)).resolves.toMatchObject({ version: 3 })
})

/** A flag without the instances that differ from their environment in their revision alone. */
function withoutTraces({ instances, ...flag }: RulesetFlag): RulesetFlag {
  const { type: _, variants: __, prerequisites: ___, serverOnly: ____, ...own } = flag
  const kept = Object.entries(instances ?? {}).filter(
    ([, one]) => canonicalJson({ ...one, revision: 0 }) !== canonicalJson({ ...own, revision: 0 }),
  )
  return kept.length === 0 ? flag : { ...flag, instances: Object.fromEntries(kept) }
}

test('the sizes that are kept are those of the rulesets, whatever the edits', async () => {
  const layer = fc.record({ on: fc.boolean(), off: fc.constantFrom('on', 'off') })
  const forStaff: Layer = {
    ...BASE,
    rollout: { by: 'id', salt: 's', share: 0, serve: { variant: 'on' }, segments: ['staff'] },
  }
  const edit = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('theme', 'new-checkout'),
        fc.constantFrom('*', 'production', 'staging/acme', 'production/acme', 'production/globex'),
        layer,
      )
      .map(([key, scope, set]) => on(key, scope, { ...BASE, ...set })),
    fc.constantFrom('production/acme', 'staging/acme').map((scope) => on('theme', scope, null)),
    fc
      .string({ unit: 'grapheme' })
      .map((value) =>
        flag('theme', { type: 'json', variants: ['on', 'off'].map((key) => ({ key, value })) }),
      ),
    fc.boolean().map((isOld) => flag('new-checkout', { archivedAt: isOld ? NOW : undefined })),
    fc.constantFrom('uat', 'eng-1').map((key) => environment(key)),
    fc.constantFrom('ada', 'bob').map((name) => segment('staff', [name])),
    fc.constantFrom('*', 'production/acme').map((scope) => on('theme', scope, forStaff)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(edit, { maxLength: 3 }), { maxLength: 8 }), async (all) => {
      const { projects, stores } = await givenShop()
      // The next revision has a digit more.
      for (let i = projects.get('shop').state.version; i < 9; i++)
        await projects.commit(...writeOf([flag(`old-${i}`), on(`old-${i}`, '*', BASE)]))
      let { state } = projects.get('shop')
      let sizes = await measureRulesets(state)
      const publications: Omit<Publication, 'sizes'>[] = []
      projects.onChange(({ state: after }, { edits }) => {
        publications.push({ before: state, after, edits })
        state = after
      })

      for (const edits of all) await projects.commit(...writeOf(edits)).catch(() => undefined)
      for (const publication of publications)
        ({ sizes } = await publishGate({ ...publication, sizes }))

      expect(sizes).toEqual(await measureRulesets(state))
      for (const [scope, bytes] of sizes) {
        const { flags } = compile(state, { scope, audience: 'server', epoch: '' })
        const members = Object.entries(flags)
          .flatMap(([key, one]) => [key, withoutTraces(one)])
          .map((part) => JSON.stringify(part))
        expect(bytes).toBe(Buffer.byteLength(members.join('')))
      }
      await stores.close()
    }),
  )
})
