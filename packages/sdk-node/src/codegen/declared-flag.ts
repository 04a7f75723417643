import { isFlaghoistError } from '@flaghoist/client'
import type { FlagType, JsonValue } from '@flaghoist/core'
import { codegenError } from './errors.ts'

/** A flag, as far as its types depend on it. */
export interface DeclaredFlag {
  readonly key: string
  readonly type: FlagType
  /** Variant key → value. */
  readonly variants: ReadonlyMap<string, JsonValue>
  readonly description?: string | undefined
  /** Reason why the flag should not be evaluated any more. */
  readonly deprecated?: string | undefined
}

/**
 * Reads the flags of a project export or of a ruleset, sorted by key.
 * @param source name of the source, for errors
 * @throws {FlaghoistError} `CODEGEN_SOURCE`
 */
export function readFlags(text: string, source: string): readonly DeclaredFlag[] {
  try {
    const { flags } = JSON.parse(text) as { flags: unknown }
    if (typeof flags !== 'object' || flags === null)
      throw codegenError('CODEGEN_SOURCE', { source, problem: 'it has no member "flags".' })
    const found = Array.isArray(flags) ? flags.map(ofExport) : Object.entries(flags).map(ofRuleset)
    return found.sort((a, b) => (a.key < b.key ? -1 : 1))
  } catch (cause) {
    if (isFlaghoistError(cause)) throw cause
    throw codegenError('CODEGEN_SOURCE', { source, problem: String(cause) }, { cause })
  }
}

interface ExportedFlag {
  readonly key: string
  readonly type: FlagType
  readonly variants: readonly { readonly key: string; readonly value: JsonValue }[]
  readonly description?: string
  readonly archivedAt?: string
}

function ofExport({ key, type, variants, description, archivedAt }: ExportedFlag): DeclaredFlag {
  return {
    key,
    type,
    variants: new Map(variants.map((variant) => [variant.key, variant.value])),
    description: description || undefined,
    deprecated: archivedAt && `Archived on ${archivedAt.slice(0, 10)}.`,
  }
}

interface CompiledFlag {
  readonly type: FlagType
  readonly variants: Readonly<Record<string, JsonValue>>
}

function ofRuleset([key, flag]: [string, CompiledFlag]): DeclaredFlag {
  return { key, type: flag.type, variants: new Map(Object.entries(flag.variants)) }
}
