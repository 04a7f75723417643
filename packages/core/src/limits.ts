/** The length limit of a glob, in code points; it bounds the cost of one test. */
export const MAX_GLOB_LENGTH = 256

/**
 * The limits of a project. The server refuses a write beyond a limit with an error that names the
 * limit.
 */
export const LIMITS = {
  flags: 10_000,
  environments: 50,
  instances: 500,
  segments: 300,
  apiKeys: 2_000,
  metrics: 50,
  plans: 100,
  waves: 20,
  steps: 20,
  rollouts: 1_000,
  freezes: 100,
  subscriptions: 100,
  views: 500,
  variants: 100,
  rules: 200,
  clausesPerRule: 100,
  valuesPerClause: 10_000,
  segmentList: 100_000,
  prerequisites: 10,
  prerequisiteDepth: 5,
  valueBytes: 64 * 1024,
  rulesetBytes: 16 * 1024 * 1024,
  contextBytes: 64 * 1024,
  contextAttributes: 256,
  eventsBytes: 1024 * 1024,
  eventsPerBatch: 5_000,
  nameLength: 256,
  textLength: 4_000,
  clauseValueLength: 1_000,
  globLength: MAX_GLOB_LENGTH,
  jsonDepth: 16,
} as const
