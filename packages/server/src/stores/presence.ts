/**
 * The scopes in which SDKs evaluate, of all servers on the same stores. Each server records its own
 * every few seconds, and they expire soon after.
 */
export interface Presence {
  /** Records scopes with SDKs of this server. Does nothing for a project without a log. */
  record(project: string, scopes: Iterable<string>): Promise<void>
  /** Returns the scopes that any server has recorded within {@link PRESENT_MS}. */
  recent(project: string): Promise<ReadonlySet<string>>
}

/** Time for which a record counts: several intervals of the servers. */
export const PRESENT_MS = 45_000
