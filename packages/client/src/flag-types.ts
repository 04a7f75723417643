import type { JsonValue, Widened } from '@flaghoist/core'

/** An interface without members, to be augmented by an app. */
type Augmentable = Record<never, never>

/**
 * The flags of a project, to be augmented. Unknown keys are compile errors then, and values have
 * their types. While it is empty, every string is a key.
 *
 * @example
 * declare module '@flaghoist/node' {
 *   interface FlagTypes {
 *     'new-checkout': boolean
 *     theme: 'light' | 'dark'
 *   }
 * }
 */
export interface FlagTypes extends Augmentable {}

/**
 * The variants of a project's flags, to be augmented like {@link FlagTypes}. While it is empty,
 * every string is a variant.
 *
 * @example
 * declare module '@flaghoist/node' {
 *   interface FlagVariants {
 *     theme: 'dark' | 'light'
 *   }
 * }
 */
export interface FlagVariants extends Augmentable {}

/** The variants of a flag. */
export type FlagVariant<K extends string> = K extends keyof FlagVariants ? FlagVariants[K] : string

type IsTyped = keyof FlagTypes extends never ? false : true

/** The key of any flag. */
export type FlagKey = IsTyped extends true ? Extract<keyof FlagTypes, string> : string

/** The key of a boolean flag. */
export type BooleanFlagKey = IsTyped extends true
  ? {
      [K in FlagKey]: K extends keyof FlagTypes ? (FlagTypes[K] extends boolean ? K : never) : never
    }[FlagKey]
  : string

/** Flag keys and values. */
export type FlagValues = IsTyped extends true ? FlagTypes : Readonly<Record<string, JsonValue>>

/** The fallbacks that a flag accepts. */
export type FlagFallback<K extends string> = K extends keyof FlagTypes ? FlagTypes[K] : JsonValue

/** The value of a flag, given a fallback of type `D`. */
export type FlagValue<K extends string, D> = K extends keyof FlagTypes
  ? FlagTypes[K]
  : D extends JsonValue
    ? Widened<D>
    : never
