const DAY_MS = 86_400_000

/** Notes of the settings of customers: why they differ, and for how many days from now. */
const NOTES = [
  ['bulk-import', 'soylent', 'Eve', 60, 'Soylent imports by hand until its database is larger'],
  ['partial-refunds', 'stark', 'Bob', 90, 'Stark checks each refund itself'],
  ['cache-prices', 'globex', 'Ops', 30, 'Globex changes its prices by the second'],
  ['gift-cards', 'umbrella', 'Ada', undefined, 'Umbrella has paid for gift cards'],
  ['export-raw-data', 'acme', 'Bob', undefined, 'Acme has a contract for raw data'],
  ['label-printing-v2', 'hooli', 'Dan', -9, 'Hooli waits for its new printers'],
] as const

interface Override {
  readonly owner: string
  /** Path of the settings in the admin API. */
  readonly path: string
  readonly body: object
}

/** Differences of customers in the sample project. One of them has expired. */
export const OVERRIDES: readonly Override[] = NOTES.map(
  ([flag, instance, owner, days, reason]) => ({
    owner,
    path: `flags/${flag}/layers/production/${instance}`,
    body: {
      note: {
        owner,
        reason,
        ...(days && { expiresAt: new Date(Date.now() + days * DAY_MS).toISOString() }),
      },
    },
  }),
)
