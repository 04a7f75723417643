/**
 * The schema of every entity, and its type. An entry point of its own, so that nothing that only
 * evaluates carries zod.
 */
export { Actor, Change, Edit } from './change.ts'
export {
  ApiKey,
  Environment,
  Flag,
  FlagDefinition,
  FlagType,
  Instance,
  Kill,
  Layer,
  Prerequisite,
  Project,
  Segment,
  Variant,
} from './entities.ts'
export { Instant, Key, Name, Scope, Tags, Text } from './keys.ts'
export { FlagConfiguration, Ruleset, RulesetFlag, RulesetPatch, RulesetSegment } from './ruleset.ts'
export { strict } from './strict.ts'
export { Clause, OPERATORS, Rollout, Rule, Serve, Split, SplitRange, When } from './targeting.ts'
