/** Returns the scopes whose layers a scope combines, from general to specific. */
export function scopeChain(scope: string): readonly string[] {
  if (scope === '*') return ['*']
  const [environment = ''] = scope.split('/')
  return scope === environment ? ['*', scope] : ['*', environment, scope]
}

/** Returns the name of a scope in a text. */
export const scopeName = (scope: string): string => (scope === '*' ? 'every scope' : scope)

/** Checks that settings of a scope can apply in an environment. */
export const reachesEnvironment = (scope: string, environment: string): boolean =>
  scope === '*' || scope.split('/')[0] === environment
