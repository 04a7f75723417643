import type { Contender } from './contender.ts'

/**
 * All contenders in the order of the tables. Each is imported on its own, so that its start is
 * measured without the others.
 */
export const CONTENDERS: Readonly<Record<string, () => Promise<Contender>>> = {
  lookup: async () => (await import('./floors.ts')).lookup,
  lookupAndHash: async () => (await import('./floors.ts')).lookupAndHash,
  counted: async () => (await import('./floors.ts')).counted,
  core: async () => (await import('./flaghoist.ts')).core,
  node: async () => (await import('./flaghoist.ts')).node,
  nodeSilent: async () => (await import('./flaghoist.ts')).nodeSilent,
  coreDetails: async () => (await import('./flaghoist.ts')).coreDetails,
  flagd: async () => (await import('./peers/flagd.ts')).flagd,
  vercel: async () => (await import('./peers/vercel.ts')).vercel,
  unleash: async () => (await import('./peers/unleash.ts')).unleash,
  configcat: async () => (await import('./peers/configcat.ts')).configcat,
  growthbook: async () => (await import('./peers/growthbook.ts')).growthbook,
  launchdarkly: async () => (await import('./peers/launchdarkly.ts')).launchdarkly,
  featurevisor: async () => (await import('./peers/featurevisor.ts')).featurevisor,
}

/** All that is started: the contenders, and the floor that only parses. */
export const STARTS: typeof CONTENDERS = {
  parsing: async () => (await import('./flaghoist.ts')).parsing,
  ...CONTENDERS,
}
