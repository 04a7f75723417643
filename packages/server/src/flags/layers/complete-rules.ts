import { hex8, murmur3 } from '@flaghoist/core/internal'
import { conditionText } from '@flaghoist/core/model'
import type { Layer } from '@flaghoist/core/schema'
import { completeServe } from './complete-serve.ts'
import type { LayerPast } from './layer-past.ts'
import type { LayerInput } from './schemas.ts'

type RuleInput = NonNullable<LayerInput['rules']>[number]

/**
 * Completes rules. A rule without an id has that of the current rule with the same condition, or
 * else one that depends on its condition alone, so that rules are recognised when they are written
 * again.
 * @throws {FlaghoistError} `WEIGHTS_INVALID`
 */
export function completeRules(
  rules: readonly RuleInput[],
  layer: LayerPast,
): NonNullable<Layer['rules']> {
  const nextId = createIds(rules, layer)
  return rules.map((rule) => {
    const id = rule.id ?? nextId(conditionText(rule.when))
    return { ...rule, id, serve: completeServe(rule.serve, `rule:${id}`, layer) }
  })
}

/** Returns a function that names the next rule with a condition; no id is used twice. */
function createIds(
  rules: readonly RuleInput[],
  { current }: LayerPast,
): (condition: string) => string {
  const used = new Set(rules.flatMap(({ id }) => id ?? []))
  const known = (current.rules ?? []).map(({ id, when }) => ({
    id,
    condition: conditionText(when),
  }))

  return (condition) => {
    const same = known.find((rule) => rule.condition === condition && !used.has(rule.id))
    const derived = `rule-${hex8(murmur3(condition, 0))}`
    let id = same?.id ?? derived
    for (let i = 2; used.has(id); i += 1) id = `${derived}-${i}`
    used.add(id)
    return id
  }
}
