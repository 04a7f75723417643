import type { Environment } from './environment-requests.ts'

/** An environment as people type it. */
export interface EnvironmentDraft {
  name: string
  order: string
  isProtected: boolean
  hasOverrides: boolean
}

export function draftOf(environment: Omit<Environment, 'key'>): EnvironmentDraft {
  const { name, order, protected: isProtected, overrides: hasOverrides = false } = environment
  return { name, order: String(order), isProtected, hasOverrides }
}

/** Returns the environment of a draft; without a name, it has its key as one. */
export function environmentOf(draft: EnvironmentDraft, key: string): Environment {
  const { name, order, isProtected, hasOverrides } = draft
  return {
    key,
    name: name.trim() || key,
    order: Number(order),
    protected: isProtected,
    overrides: hasOverrides,
  }
}
