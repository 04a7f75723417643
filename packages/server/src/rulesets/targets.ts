import type { ProjectState } from '@flaghoist/core/model'
import type { z } from 'zod'
import { getOrSet } from '../get-or-set.ts'
import type { Principal } from '../http/principal.ts'
import { memoise } from '../memoise.ts'
import type { Projects } from '../projects/projects.ts'
import { type Cursor, confirmCursor } from './cursor.ts'
import type { RulesetTarget } from './rulesets.ts'
import { type ScopeQuery, targetExists, targetOf } from './target.ts'

/** The targets of SDK requests, wherever their rulesets come from. */
export interface Targets {
  /**
   * Returns the target of a key without a query; undefined if only `find` can.
   * @throws {FlaghoistError} the codes of `find`
   */
  ofKey(principal: Principal): RulesetTarget | undefined
  /**
   * Finds the target of a request: the scope that its key is bound to, or a scope within it.
   * @throws {FlaghoistError} `SCOPE_REQUIRED`, `SCOPE_OUTSIDE_KEY`, `ENTITY_NOT_FOUND`
   */
  find(principal: Principal, query: z.infer<typeof ScopeQuery>): Promise<RulesetTarget>
  /** Checks that the project, the environment and the instance of a target still exist. */
  exists(target: RulesetTarget): boolean
  /**
   * Returns the cursor of a client if the history of its target leads to it; undefined for one of
   * another lineage. Reads the newest state first if the cursor is ahead.
   */
  confirm(target: RulesetTarget, cursor: Cursor | undefined): Promise<Cursor | undefined>
}

/** The targets of the projects of a server. */
export function createTargets(projects: Projects): Targets {
  // SDKs ask with the same few keys, and a state never changes.
  const targetsOf = memoise((_: ProjectState) => new Map<string, RulesetTarget>())
  return {
    ofKey(principal) {
      const { project, keyId } = principal
      const known = targetsOf(projects.get(project).state)
      return getOrSet(known, keyId, () => targetOf(projects, principal, {}))
    },
    find: async (principal, query) => targetOf(projects, principal, query),
    exists: (target) => targetExists(projects, target),
    confirm: ({ project }, cursor) => confirmCursor(projects, project, cursor),
  }
}
