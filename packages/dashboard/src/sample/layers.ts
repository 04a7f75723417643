/** Returns the layers of a flag from the text of {@link SampleFlag.scopes}. */
export function layersOf(scopes: string): Record<string, object> {
  return Object.fromEntries(scopes.split(' ').map(layerOf))
}

function layerOf(text: string): [string, object] {
  const [, off, scope, percent, attribute, value] =
    /^(-?)([^:?]+)(?::(\d+))?(?:\?(\w+)=(\w+))?$/.exec(text) ?? []
  if (scope === undefined) throw new Error(`"${text}" names no scope.`)
  if (off) return [scope, { on: false }]
  const rest = { on: true, fallthrough: { variant: 'off' } }
  if (percent) return [scope, { ...rest, rollout: { percent: Number(percent) } }]
  if (!attribute) return [scope, { on: true }]
  const when = [[{ attribute, op: 'in', values: [value] }]]
  return [scope, { ...rest, rules: [{ when, serve: { variant: 'on' } }] }]
}
