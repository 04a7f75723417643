/**
 * Times at which API keys were last used. Access does not depend on them.
 *
 * - **Durability**: as for the change log, once `record` resolves.
 * - **Atomicity**: one call records all of its uses or none.
 * - **Order**: the latest time of a key wins, in whatever order the calls come.
 *
 * Every implementation passes `describeKeyUsage` of `key-usage.contract.ts`.
 */
export interface KeyUsage {
  /** Returns the last use of each key of a project that was ever used: key id → epoch ms. */
  lastUses(project: string): Promise<ReadonlyMap<string, number>>
  /** Records uses: key id → epoch ms. Does nothing for a project without a log. */
  record(project: string, uses: ReadonlyMap<string, number>): Promise<void>
}
