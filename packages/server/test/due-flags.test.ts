import { describe, expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'

const PAST = '2020-01-01T00:00:00Z'
const FUTURE = '2999-01-01T00:00:00Z'
const acme = 'flags/new-checkout/layers/production/acme'

describe('a note', () => {
  test('is shown as expired once its time has passed, wherever a layer is read', async () => {
    await using server = await startShopServer()
    const note = { reason: 'Pilot', expiresAt: PAST }
    const shown = { note: { ...note, expired: true } }
    await server.ask('PATCH', acme, { body: { note } })

    expect((await server.ask('GET', acme)).body).toMatchObject(shown)
    const layers = { 'production/acme': shown }
    expect((await server.ask('GET', 'flags/new-checkout')).body).toMatchObject({ layers })
    expect((await server.ask('GET', 'flags')).body).toMatchObject({ items: [{ layers }] })
  })

  test.for([{ reason: 'Pilot', expiresAt: FUTURE }, { reason: 'Pilot' }])(
    'is shown as written before: %o',
    async (note) => {
      await using server = await startShopServer()
      await server.ask('PATCH', acme, { body: { note } })

      expect((await server.ask('GET', acme)).body.note).toEqual(note)
    },
  )

  test('can be sent as it was read, and is stored without the mark', async () => {
    await using server = await startShopServer()
    await server.ask('PATCH', acme, { body: { note: { reason: 'Pilot', expiresAt: PAST } } })
    const { body } = await server.ask('GET', acme)

    const { status, headers } = await server.ask('PUT', acme, { body })
    expect(status).toBe(200)
    expect((await server.ask('GET', acme)).headers.get('etag')).toBe(headers.get('etag'))
    expect(JSON.stringify((await server.ask('GET', 'export')).body)).not.toContain('"expired"')
  })
})

describe('a flag', () => {
  test('is overdue after its planned removal, until it is permanent or archived', async () => {
    await using server = await startShopServer()
    const path = 'flags/new-checkout'
    const overdue = async () => (await server.ask('GET', path)).body.overdue
    await server.ask('PATCH', path, { body: { expectedRemovalAt: FUTURE } })
    expect(await overdue()).toBeUndefined()

    await server.ask('PATCH', path, { body: { expectedRemovalAt: PAST } })
    expect(await overdue()).toBe(true)
    await server.ask('PATCH', path, { body: { permanent: true } })
    expect(await overdue()).toBeUndefined()
    expect((await server.ask('GET', 'attention')).body).toMatchObject({ counts: { overdue: 0 } })
    await server.ask('PATCH', path, { body: { permanent: false } })
    expect(await overdue()).toBe(true)
    await server.ask('DELETE', path)
    expect(await overdue()).toBeUndefined()
  })

  test('is found by its owner', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search', owner: 'team-search' } })

    const { body } = await server.ask('GET', 'flags?owner=team-search')
    expect(body).toMatchObject({ items: [{ key: 'search' }] })
    expect((await server.ask('GET', 'flags?owner=team')).body).toEqual({ items: [] })
  })
})
