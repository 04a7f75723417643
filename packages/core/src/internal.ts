/**
 * The parts that only the packages of Flaghoist share. They can change in any release: applications
 * import the main entry point instead.
 */
export { canonicalJson } from './canonical-json.ts'
export { closest } from './closest.ts'
export { DEV } from './dev.ts'
export { type CatalogEntry, codeOnly, defineErrors, type ErrorFactory } from './errors.ts'
export { attributeReader } from './evaluate/attribute.ts'
export { jsonText, mergeContexts } from './evaluate/context-data.ts'
export { detailsOf, resolutionOf } from './evaluate/evaluate.ts'
export { type Placement, placementOf, placeUnit } from './evaluate/placement.ts'
export type { PreparedFlag } from './evaluate/prepared-flag.ts'
export type { Resolution, Unit } from './evaluate/resolution.ts'
export { prepareSegment } from './evaluate/segment.ts'
export {
  bucketOfIdentifier,
  checkOfLast,
  hex8,
  isSampled,
  murmur3,
  murmur3Int32,
  sampledIdentifier,
  unitText,
} from './hash.ts'
export { bucketMiddle, histogramBucket } from './histogram.ts'
export { parseJson } from './parse-json.ts'
export { diffInSteps } from './ruleset/diff.ts'
export { createDigester, itemHash } from './ruleset/digest.ts'
export { CALLERS_DEFAULT, SNAPSHOT_EPOCH } from './ruleset/wire.ts'
export { runAtOnce } from './run-at-once.ts'
export { FLAG_KEY_PATTERN, KEY_PATTERN } from './scope.ts'
export { setInSteps } from './set-in-steps.ts'
