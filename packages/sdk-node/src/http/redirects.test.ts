import { describe, expect, test } from 'vitest'
import { createWorld } from '../../../client/test/world.ts'
import { followRedirects } from './redirects.ts'

const from = 'https://flags.example.com/sdk/v1/stream'

/** Sends a request, answers it with redirects, and returns the results. */
function redirect(...locations: readonly string[]) {
  const world = createWorld()
  const heads: number[] = []
  const errors: (Error | undefined)[] = []
  followRedirects(world.platform.request)(
    { method: 'GET', url: from, headers: { authorization: 'Bearer secret' } },
    {
      onHead: (status) => heads.push(status),
      onText: () => undefined,
      onEnd: (error) => errors.push(error),
    },
  )
  for (const location of locations) {
    world.sent.at(-1)!.head(307, { location })
    world.sent.at(-1)!.text('moved')
  }
  return { world, heads, errors, last: world.sent.at(-1)! }
}

describe('a redirect', () => {
  test.for([
    ['a path', '/moved?a=1', 'https://flags.example.com/moved?a=1'],
    ['its origin', 'https://flags.example.com', 'https://flags.example.com'],
    ['a place of its origin', 'https://flags.example.com/a', 'https://flags.example.com/a'],
  ] as const)('is followed to %s', ([, location, target]) => {
    const { world, heads, errors, last } = redirect(location)
    expect(last).toMatchObject({ url: target, isOpen: true })
    expect(world.sent[0]!.isOpen).toBe(false)

    last.reply(200, {})

    expect({ heads, errors }).toEqual({ heads: [200], errors: [undefined] })
  })

  test.for([
    ['another host', 'https://evil.example.com/sdk/v1/stream'],
    ['a host that begins alike', 'https://flags.example.com.evil.com/'],
    ['a host behind a user', 'https://flags.example.com@evil.com/'],
    ['another port', 'https://flags.example.com:8443/'],
    ['no encryption', 'http://flags.example.com/'],
    ['a host without a scheme', '//evil.example.com/'],
    ['another scheme', 'javascript:alert(1)'],
    ['nowhere', ''],
  ] as const)('is not followed to %s', ([, location]) => {
    const { world, heads, errors } = redirect(location)

    expect(world.sent).toHaveLength(1)
    expect(world.sent[0]!.isOpen).toBe(false)
    expect(heads).toEqual([])
    expect(errors).toMatchObject([{ code: 'REDIRECT_REFUSED' }])
  })

  test('is followed three times, and no more', () => {
    expect(redirect('/1', '/2', '/3').errors).toEqual([])
    const { world, errors } = redirect('/1', '/2', '/3', '/4')

    expect(world.sent).toHaveLength(4)
    expect(errors).toMatchObject([{ code: 'REDIRECT_REFUSED' }])
  })

  test('without a location, or of a 304, is an answer', () => {
    for (const [status, headers] of [
      [302, {}],
      [304, { location: '/moved' }],
    ] as const) {
      const { world, heads } = redirect()
      world.sent[0]!.head(status, headers)
      expect(heads).toEqual([status])
    }
  })
})
