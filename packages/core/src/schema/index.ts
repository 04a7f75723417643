/**
 * The schema of every entity, and its type. An entry point of its own, so that nothing that only
 * evaluates carries zod.
 */
import type { z } from 'zod'
import type * as change from './change.ts'
import type * as entities from './entities.ts'

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

export type Actor = z.infer<typeof change.Actor>
export type Change = z.infer<typeof change.Change>
export type Edit = z.infer<typeof change.Edit>
export type EditKind = Edit['kind']
export type ApiKey = z.infer<typeof entities.ApiKey>
export type Environment = z.infer<typeof entities.Environment>
export type Flag = z.infer<typeof entities.Flag>
export type FlagDefinition = z.infer<typeof entities.FlagDefinition>
export type Instance = z.infer<typeof entities.Instance>
export type Kill = z.infer<typeof entities.Kill>
export type Layer = z.infer<typeof entities.Layer>
export type Project = z.infer<typeof entities.Project>
export type Segment = z.infer<typeof entities.Segment>
export type Variant = z.infer<typeof entities.Variant>
