/** Returns why a key may not change a scope; undefined if it may. */
export function missingRight(scope: string, bound: string | undefined): string | undefined {
  if (bound === undefined || scope === bound || scope.startsWith(`${bound}/`)) return undefined
  return `Your key is limited to ${bound}. Use a key for ${scope === '*' ? 'all scopes' : scope}.`
}
