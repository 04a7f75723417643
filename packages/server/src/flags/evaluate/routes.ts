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
  /** Returns a function for each scope that explains any flag to one context, in one version. */
  const explainers = async (
    project: string,
    { scope, context: given }: Pick<z.infer<typeof EvaluateAllRequest>, 'scope' | 'context'>,
    principal: Principal,
  ) => {
    const context = contextOf({ context: given })
    const targets = [...new Set([scope].flat())].map((one) => {
      requireQueryScope(projects.get(project).state, one, principal.scope)
      return targetOf(projects, { ...principal, project }, { scope: one })
    })
    for (const target of targets) await rulesets.prepare(target)
    // In one turn of the event loop: a change may have come while a target was prepared.
    const { state } = projects.get(project)
    const scopes = targets.map((target) => {
      const { ruleset } = rulesets.current(target)
      const served = scopeOf(state, target.scope, context)
      const answer = (question: Pick<Question, 'flag' | 'fallback'>) => {
        const explanation = explain(prepared(ruleset), { ...question, context, now })
        return shown(state, served, question.flag, explanation)
      }
      return { scope: target.scope, ruleset, answer }
    })
    return { state, scopes }
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
      const { state, scopes } = await explainers(params.project, body, principal)
      findFlag(state, params.flag)
      return scopes[0]!.answer({ flag: params.flag, fallback: body.fallback })
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
      const { state, scopes } = await explainers(params.project, body, principal)
      const items: z.infer<typeof ExplainedFlags>['items'] = []
      for (const { scope, ruleset, answer } of scopes) {
        const keys = Object.keys(ruleset.flags).sort()
        items.push(...(await mapInTurns(keys, (flag) => ({ scope, ...answer({ flag }) }))))
      }
      return { version: state.version, items }
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
