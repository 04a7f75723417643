/** A path, a text that shows that the screen has loaded, and the part of it that axe checks. */
export type Screen = readonly [path: string, text: string, part?: 'section' | 'dialog']

/** Every screen, with a text that shows that it has loaded. */
export const SCREENS = [
  ['/', 'slow-import-guard'],
  ['/flags', 'address-check'],
  ['/flags?q=owner:nobody', 'Clear the query'],
  ['/flags?columns=@tags,production&instances=acme', 'team'],
  ['/views/none', 'There is no view'],
  ['/flags/new-checkout', 'Switched off'],
  ['/flags/none', 'There is no flag "none".'],
  ['/rollouts', 'delivery-slots'],
  ['/rollouts/new-checkout', 'initech: new-checkout fails for'],
  ['/rollouts/fast-search', 'more users'],
  ['/start-rollout?flag=apple-pay', 'Wave 1'],
  ['/report', 'Still open'],
  ['/instances', 'Stark Industries'],
  ['/instances/acme', 'ledger-2'],
  ['/drift', 'unexplained'],
  ['/drift?only=unexplained&q=owner:nobody', 'No flag that differs matches'],
  ['/log', 'Eve paused'],
  ['/connections', 'No program has connected'],
  ['/try?compare=1&scope2=dev', 'flags differ'],
  ['/segments', 'Our own people'],
  ['/segments/pilot-users?context={"plan":"pro"}', 'Out.'],
  ['/plans', 'pilot-europe-others'],
  ['/plans/pilot-europe-others', 'Instances with tier=pilot'],
  ['/plans/pilot-europe-others/edit', 'Now:'],
  ['/create-plan', 'Now:'],
  ['/rollout-metrics', 'Time to a page'],
  ['/stale', 'Its removal was planned'],
  ['/notifications', 'No subscriptions yet'],
  ['/keys', 'not used for 30 days'],
  ['/freezes', 'No freezes yet'],
  ['/freezes?view=calendar', 'is not frozen now'],
  ['/settings', 'this browser'],
  ['/start', 'Waiting for your first SDK'],
  ['/nowhere', 'This page does not exist'],
] as const

/** Parts of a screen that differ from those above. */
export const PARTS = [
  ['/flags/new-checkout?tab=rollout', 'production/umbrella', 'section'],
  ['/flags/search-ranking?scope=production', 'Staff first', 'section'],
  ['/flags/new-checkout?tab=exposure', 'exposures in the last 24 hours', 'section'],
  ['/flags/new-checkout?tab=usage', 'no program in the last hour', 'section'],
  ['/flags/dark-theme?tab=exposure', 'No exposure in 30 days', 'section'],
  ['/flags/dark-theme?tab=usage', 'No program uses this flag', 'section'],
  ['/flags/slow-import-guard?tab=history', 'killed slow-import-guard in', 'section'],
  ['/flags/ledger-2?cell=ledger-2@production/acme', 'The unit is outside', 'dialog'],
] as const

/** Screens that differ once the project has a freeze, a view and a subscription. */
export const RARE = [
  ['/', 'Created the subscription'],
  ['/views/none', 'Did you mean "mine"?'],
  ['/log', 'created subscription ops'],
  ['/notifications', 'Deliveries to ops'],
  ['/freezes', 'Acceptance tests'],
] as const
