import { type EvaluationContext, prepare, type Ruleset } from '@flaghoist/core'
import {
  buildScope,
  environmentOf,
  instanceOf,
  type ProjectState,
  resolveInScope,
} from '@flaghoist/core/model'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { Principal } from '../../http/principal.ts'
import { ProjectParams } from '../../http/request-schemas.ts'
import { memoise } from '../../memoise.ts'
import { contextOf } from '../../ofrep/request.ts'
import { mapInTurns } from '../../pause.ts'
import { requireQueryScope } from '../../projects/not-found.ts'
import { targetOf } from '../../rulesets/target.ts'
import type { Services } from '../../services.ts'
import { findFlag } from '../find-flag.ts'
import { FlagParams } from '../flag-params.ts'
import { type Explanation, explain, type Question } from './explain.ts'
import { EvaluateAllRequest, EvaluateRequest, ExplainedFlag, ExplainedFlags } from './schemas.ts'

const tags = ['Flags']

/** Evaluations with their causes, for people: they are not counted as exposures. */
export const evaluateRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, rulesets, now } },
) => {
  const prepared = memoise((ruleset: Ruleset) => prepare(ruleset, { now }))
  /** A function that explains any flag to one context. */
  const explainer = async (
    project: string,
    { scope, context: given }: Pick<z.infer<typeof EvaluateRequest>, 'scope' | 'context'>,
    principal: Principal,
  ) => {
    const { state } = projects.get(project)
    requireQueryScope(state, scope, principal.scope)
    const context = contextOf({ context: given })
    const target = targetOf(projects, { ...principal, project }, { scope })
    await rulesets.prepare(target)
    const flags = prepared(rulesets.current(target).ruleset)
    const served = scopeOf(state, scope, context)
    return {
      keys: Object.keys(flags.ruleset.flags).sort(),
      answer: (question: Pick<Question, 'flag' | 'fallback'>) =>
        shown(state, served, question.flag, explain(flags, { ...question, context, now })),
    }
  }

  app.post(
    '/:project/flags/:flag/evaluate',
    {
      schema: {
        operationId: 'explainFlag',
        summary: 'Evaluate a flag, and explain the result',
        description:
          'Evaluates as the SDKs of the scope do, and names the rule, the layer and the bucket that decided. Nothing is counted.',
        tags,
        params: FlagParams,
        body: EvaluateRequest,
        response: { 200: ExplainedFlag.describe('Evaluated flag') },
      },
    },
    async ({ params, body, principal }) => {
      const { answer } = await explainer(params.project, body, principal)
      findFlag(projects.get(params.project).state, params.flag)
      return answer({ flag: params.flag, fallback: body.fallback })
    },
  )

  app.post(
    '/:project/evaluate',
    {
      schema: {
        operationId: 'explainFlags',
        summary: 'Evaluate all flags, and explain the results',
        description:
          'Evaluates every flag that the SDKs of a scope receive. Several scopes show where a context gets another value. Nothing is counted.',
        tags,
        params: ProjectParams,
        body: EvaluateAllRequest,
        response: { 200: ExplainedFlags },
      },
    },
    async ({ params, body, principal }) => {
      const { version } = projects.get(params.project).state
      const items: z.infer<typeof ExplainedFlags>['items'] = []
      for (const scope of new Set([body.scope].flat())) {
        const { keys, answer } = await explainer(params.project, { ...body, scope }, principal)
        const own = await mapInTurns(keys, (flag) => ({ scope, ...answer({ flag }) }))
        items.push(...own)
      }
      return { version, items }
    },
  )
}

/** The scope whose layers apply: the context chooses an instance of an environment. */
function scopeOf(
  { instances }: ProjectState,
  scope: string,
  { instance }: EvaluationContext,
): string {
  const isChosen =
    instanceOf(scope) === undefined && instance !== undefined && instances.has(instance)
  return isChosen ? buildScope(environmentOf(scope), instance) : scope
}

const MEMBERS = {
  killed: 'killed',
  off: 'on',
  rule: 'rules',
  rollout: 'rollout',
  fallthrough: 'fallthrough',
} as const

function shown(
  state: ProjectState,
  scope: string,
  key: string,
  { details, decision, rollout, split }: Explanation,
): z.infer<typeof ExplainedFlag> {
  const { flagMetadata, value, ...answer } = details
  const { ruleId, ...metadata } = flagMetadata
  const { configuration, provenance } = resolveInScope(state, findFlag(state, key), scope)
  const layer =
    decision === undefined || decision === 'prerequisite'
      ? undefined
      : provenance[MEMBERS[decision]]
  const name = configuration.rules?.find(({ id }) => id === ruleId)?.name
  return {
    key,
    ...(value !== undefined && { value: value as z.infer<typeof ExplainedFlag>['value'] }),
    ...answer,
    ...metadata,
    ...(decision && { decision }),
    ...(layer !== undefined && { layer }),
    ...(ruleId !== undefined && { rule: { id: ruleId, ...(name !== undefined && { name }) } }),
    ...(rollout && { rollout }),
    ...(split && { split }),
  }
}
