import { afterEach, describe, expect, test } from 'vitest'
import { givenShop, on, writeOf } from '../../test/shop.ts'
import type { Projects } from '../projects/projects.ts'
import { createFreshness, type Freshness, parseConfigEtag } from './freshness.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function givenFreshness(
  patienceMs: number,
): Promise<{ projects: Projects; freshness: Freshness; epoch: string; version: number }> {
  const { projects, stores } = await givenShop()
  const freshness = createFreshness(projects, patienceMs)
  opened.push(freshness, stores)
  const { epoch, state } = projects.get('shop')
  return { projects, freshness, epoch, version: state.version }
}

const change = (projects: Projects) =>
  projects.commit(...writeOf([on('theme', 'staging', { on: false })])).then(() => undefined)

describe('freshness', () => {
  test.for([
    { request: 'names no version', ahead: undefined },
    { request: 'names the current version', ahead: 0 },
    { request: 'names an older version', ahead: -1 },
  ])('does not wait when a request $request', async ({ ahead }) => {
    const { freshness, epoch, version } = await givenFreshness(60_000)
    const wanted = ahead === undefined ? undefined : { epoch, version: version + ahead }

    expect(freshness.caughtUp('shop', wanted)).toBeUndefined()
  })

  test('does not wait for a version of another epoch', async () => {
    const { freshness, version } = await givenFreshness(60_000)

    expect(freshness.caughtUp('shop', { epoch: 'other', version: version + 9 })).toBeUndefined()
  })

  test('waits until the version is there, and no longer', async () => {
    const { projects, freshness, epoch, version } = await givenFreshness(60_000)
    const first = freshness.caughtUp('shop', { epoch, version: version + 1 })
    const second = freshness.caughtUp('shop', { epoch, version: version + 2 })
    let isSecondDone = false
    void second?.then(() => {
      isSecondDone = true
    })

    await change(projects)
    await expect(first).resolves.toBeUndefined()
    expect(isSecondDone).toBe(false)
    await projects.commit(...writeOf([on('theme', 'staging', { on: true })]))
    await expect(second).resolves.toBeUndefined()
  })

  test('stops waiting when the log gets another epoch', async () => {
    const { projects, freshness, epoch, version } = await givenFreshness(60_000)
    const waiting = freshness.caughtUp('shop', { epoch, version: version + 1 })

    await projects.renewEpoch('shop')

    await expect(waiting).resolves.toBeUndefined()
  })

  test('sends a request away that has waited long enough', async () => {
    const { freshness, epoch, version } = await givenFreshness(5)

    await expect(freshness.caughtUp('shop', { epoch, version: version + 1 })).rejects.toMatchObject(
      { code: 'NOT_CAUGHT_UP', status: 503 },
    )
  })

  test('lets no more than a thousand requests wait', async () => {
    const { projects, freshness, epoch, version } = await givenFreshness(60_000)
    const wanted = { epoch, version: version + 1 }
    const waiting = Array.from({ length: 1_000 }, () => freshness.caughtUp('shop', wanted))

    await expect(freshness.caughtUp('shop', wanted)).rejects.toMatchObject({ status: 503 })
    await change(projects)
    await expect(Promise.all(waiting)).resolves.toHaveLength(1_000)
  })
})

describe('parseConfigEtag', () => {
  test.for([
    { text: 'abc.12', cursor: { epoch: 'abc', version: 12 } },
    { text: '"abc.12"', cursor: { epoch: 'abc', version: 12 } },
    { text: 'W/"abc.12"', cursor: { epoch: 'abc', version: 12 } },
    { text: 'abc', cursor: undefined },
    { text: ['abc.12', 'abc.13'], cursor: undefined },
    { text: undefined, cursor: undefined },
  ])('reads $text as $cursor', ({ text, cursor }) => {
    expect(parseConfigEtag(text)).toEqual(cursor)
  })
})
