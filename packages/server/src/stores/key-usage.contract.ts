import { describe, expect, test } from 'vitest'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

/** The promises of every {@link KeyUsage}. */
export function describeKeyUsage(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => {
    const { log, keyUsage } = (await openForTest(makeFixture)).stores
    await log.create('shop')
    return keyUsage
  }

  describe(`the ${name} key usage`, () => {
    test('remembers the latest use of each key', async () => {
      const keyUsage = await given()
      await keyUsage.record('shop', new Map([['k', 5]]))
      await keyUsage.record('shop', new Map([['k', 3]]))
      await keyUsage.record('shop', new Map([['l', 1]]))

      expect(await keyUsage.lastUses('shop')).toEqual(
        new Map([
          ['k', 5],
          ['l', 1],
        ]),
      )
    })

    test('keeps the keys of projects apart', async () => {
      const keyUsage = await given()
      await keyUsage.record('shop', new Map([['k', 5]]))

      expect(await keyUsage.lastUses('bank')).toEqual(new Map())
    })
  })
}
