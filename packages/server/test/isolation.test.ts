import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './http-server.ts'

const ACME = 'production/acme'

/** Data of other customers, which the key of acme must not see. */
interface Hidden {
  readonly environment: string
  readonly people: readonly string[]
  readonly reason: string
  readonly isOn: boolean
}

/** A project with two customers. Hidden data differs in its values only, not in its number. */
async function givenProject(hidden: Hidden): Promise<TestServer> {
  const server = await startTestServer()
  const { environment, people, reason, isOn } = hidden
  const write = async (method: string, path: string, body: object) => {
    const { status, body: answer } = await server.ask(method, path, { body })
    if (status >= 300) throw new Error(JSON.stringify(answer))
  }
  await write('POST', 'instances', { key: 'acme' })
  await write('POST', 'instances', { key: 'globex' })
  await write('POST', 'environments', { key: environment })
  await write('POST', 'segments', { key: 'shared', include: ['ada'] })
  await write('POST', 'segments', { key: 'others', include: people })
  await write('POST', 'flags', { key: 'checkout', clientVisible: true })
  const when = (segment: string) => [
    [{ attribute: 'targetingKey', op: 'segment', values: [segment] }],
  ]
  const rule = (segment: string) => ({ id: segment, when: when(segment), serve: { variant: 'on' } })
  const layers = 'flags/checkout/layers'
  await write('PUT', `${layers}/${ACME}`, { on: true, rules: [rule('shared')] })
  await write('PUT', `${layers}/production/globex`, { on: isOn, rules: [rule('others')] })
  await write('PUT', `${layers}/${environment}`, { on: isOn })
  // Each killed scope sees the reason of the kill, so only the restore has the hidden reason.
  await write('POST', 'flags/checkout/kill', { scopes: [ACME, 'production/globex'] })
  await write('POST', 'flags/checkout/restore', { reason })
  return server
}

const READS = [
  '/api/v1/projects',
  '/api/v1/projects/default',
  'flags',
  'flags/checkout',
  `flags/checkout/layers/${ACME}`,
  'flags/checkout/layers/production/globex',
  `flags/checkout/resolved?scope=${ACME}`,
  'environments',
  'instances',
  'segments',
  'segments/shared',
  'segments/others',
  'changes',
  ...Array.from({ length: 13 }, (_, i) => `changes/${i + 1}`),
  'changes?entity=segment:others',
  'exposures',
  'outcomes',
  'propagation',
]

/** Replaces the parts that differ between any two servers: times, epochs and random ids. */
const anonymous = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<request>')
    .replace(/key-[0-9a-f]{12}/g, '<key>')
    .replace(/\b[0-9a-f]{16}\b/g, '<epoch>')

/** The responses to all reads of a key of acme. */
async function seenBy(server: TestServer, kind: 'admin' | 'server' | 'client', paths = READS) {
  const key = await server.makeKey(kind, ACME)
  const seen: unknown[] = []
  for (const path of kind === 'admin' ? paths : ['/sdk/v1/ruleset']) {
    const { status, headers, body } = await server.ask('GET', path, { key })
    const etag = kind === 'admin' ? headers.get('etag') : undefined
    seen.push({ path, status, etag, body: anonymous(JSON.stringify(body)) })
  }
  return seen
}

const hidden: fc.Arbitrary<Hidden> = fc.record({
  environment: fc.constantFrom('staging', 'secret-a', 'secret-b'),
  people: fc.uniqueArray(fc.constantFrom('bob', 'cy', 'dan', 'eve'), { minLength: 1 }),
  reason: fc.constantFrom('Globex is down', 'A test', 'Cy complained'),
  isOn: fc.boolean(),
})

describe('a key of one instance', () => {
  test('sees the same, whatever other customers have', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(hidden, hidden, async (one, other) => {
        await using first = await givenProject(one)
        await using second = await givenProject(other)
        for (const kind of ['admin', 'server', 'client'] as const)
          expect(await seenBy(first, kind)).toEqual(await seenBy(second, kind))
      }),
      { numRuns: 8 },
    )
  })

  test('sees the segments of its own layers, and no hash or shared reason', async () => {
    await using server = await givenProject({
      environment: 'staging',
      people: ['bob'],
      reason: 'Globex is down',
      isOn: true,
    })
    const key = await server.makeKey('admin', ACME)
    const read = async (path: string) => (await server.ask('GET', path, { key })).body

    expect(await read('segments')).toMatchObject({ items: [{ key: 'shared', include: ['ada'] }] })
    expect(await read('segments/others')).toMatchObject({ code: 'ENTITY_NOT_FOUND' })
    const log = JSON.stringify(await read('changes'))
    expect(log).toContain('flag.kill')
    expect(log).not.toMatch(/"hash"|"previousHash"|Globex is down|globex|bob/)
  })

  test('has an ETag of a flag that no hidden edit moves', async () => {
    await using server = await givenProject({
      environment: 'staging',
      people: ['bob'],
      reason: 'A test',
      isOn: true,
    })
    const key = await server.makeKey('admin', ACME)
    const etag = async () =>
      (await server.ask('GET', 'flags/checkout', { key })).headers.get('etag')
    const before = await etag()

    await server.ask('PATCH', 'flags/checkout/layers/production/globex', { body: { on: false } })
    expect(await etag()).toBe(before)
    await server.ask('PATCH', `flags/checkout/layers/${ACME}`, { body: { on: false } })
    expect(await etag()).not.toBe(before)
  })

  test.for([
    ['GET', 'environments/NAME', undefined],
    ['PATCH', 'environments/NAME', { name: 'x' }],
    ['DELETE', 'environments/NAME', undefined],
    ['POST', 'environments', { key: 'NAME' }],
    ['GET', 'flags/checkout/resolved?scope=NAME', undefined],
    ['GET', 'flags/checkout/layers/NAME', undefined],
    ['PUT', 'flags/checkout/layers/NAME', { on: true }],
    ['POST', 'flags/checkout/preview', { scope: 'NAME', layer: { on: true } }],
    ['POST', 'flags/checkout/kill', { scopes: ['NAME'] }],
    ['GET', 'exposures?scope=NAME', undefined],
    ['GET', 'changes?scope=NAME', undefined],
    ['GET', 'changes?entity=environment:NAME', undefined],
    ['GET', 'segments/NAME', undefined],
  ] as const)('learns of no hidden name by %s %s', async ([method, path, body]) => {
    await using server = await givenProject({
      environment: 'secret',
      people: ['bob'],
      reason: 'A test',
      isOn: true,
    })
    await server.ask('POST', 'segments', { body: { key: 'secret', include: ['bob'] } })
    const key = await server.makeKey('admin', ACME)
    const ask = async (name: string) => {
      const named = (text: string) => text.replaceAll('NAME', name)
      const sent = body && JSON.parse(named(JSON.stringify(body)))
      const answer = await server.ask(method, named(path), { key, ...(sent && { body: sent }) })
      const shown = anonymous(JSON.stringify(answer.body)).replaceAll(name, 'NAME')
      return { status: answer.status, body: shown }
    }

    expect(await ask('secret')).toEqual(await ask('nowhere'))
    expect((await ask('secre')).body).not.toContain('secret')
  })
})
