import { onTestFinished } from 'vitest'
import type { Stores } from './stores.ts'

/** A place for stores, empty at first. For the contract suites. */
export interface StoresFixture {
  /** Opens stores on the place, for the first time or again after they were closed. */
  open(): Promise<Stores>
  /** Opens the same place as another process would, where several may use it at once. */
  readonly openReplica?: (() => Promise<Stores>) | undefined
  cleanUp(): Promise<void>
}

/** Opens stores for the current test, which closes and cleans up when it is finished. */
export async function openForTest(
  makeFixture: () => StoresFixture,
): Promise<{ readonly fixture: StoresFixture; readonly stores: Stores }> {
  const fixture = makeFixture()
  const stores = await fixture.open()
  onTestFinished(async () => {
    await stores.close().catch(() => undefined)
    await fixture.cleanUp()
  })
  return { fixture, stores }
}
