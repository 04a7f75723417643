/**
 * The schema and the type of every entity. A separate entry point, so that code that only evaluates
 * does not load zod.
 */
export { Actor, Change, Edit, type ListChange, LoggedEdit } from './change.ts'
export { ApiKey, Environment, Instance, Override, Project, Segment } from './entities.ts'
export { withFastPath } from './fast-path.ts'
export {
  Flag,
  FlagDefinition,
  FlagType,
  Kill,
  KillByTag,
  Layer,
  Prerequisite,
  Variant,
} from './flag.ts'
export { Freeze } from './freeze.ts'
export { Json } from './json.ts'
export { FlagKey, Instant, Key, Name, Owner, Scope, Tags, Text } from './keys.ts'
export { Metric } from './metric.ts'
export { bucketsOf, Percent, Percentages } from './percent.ts'
export { Plan, Selector, Step, Wave } from './plan.ts'
export {
  DrivenMembers,
  ProgressiveRollout,
  RolloutRun,
  type RunState,
} from './rollout.ts'
export { FlagConfiguration, Ruleset, RulesetFlag, RulesetPatch, RulesetSegment } from './ruleset.ts'
export { strict } from './strict.ts'
export {
  DailyReportTime,
  DEFAULT_DAILY_REPORT,
  NOTICE_EVENTS,
  type NoticeEvent,
  SEVERITIES,
  type Severity,
  Subscription,
} from './subscription.ts'
export { Clause, OPERATORS, Rollout, Rule, Serve, Split, SplitRange, When } from './targeting.ts'
export { targetingKeys } from './targeting-keys.ts'
export { View } from './view.ts'
export { BusinessHours, WEEKDAYS, type Weekday, type WeeklyWindow, Window } from './window.ts'
