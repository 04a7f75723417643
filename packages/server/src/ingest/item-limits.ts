/** The limits and forms of the items in a batch. */
export const ITEM = {
  /** Longest `instance` and `rule`, characters. */
  textLength: 1_000,
  /** Largest `count` of an exposure. */
  count: 1_000_000_000,
  /** Last bucket of a histogram of measurements. */
  lastBucket: 127,
  reasons: ['STATIC', 'SPLIT', 'TARGETING_MATCH', 'DISABLED', 'DEFAULT'],
  arms: ['treatment', 'control'],
  /** A unit, hashed. */
  unit: /^[0-9a-f]{16}$/,
} as const
