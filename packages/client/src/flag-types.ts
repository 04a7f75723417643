import type { JsonValue, Widened } from '@flaghoist/core'

/**
 * The flags of your project, to be augmented; then an unknown key is a compile error and values have their types.
 * While it is empty, any text is a key.
 *
 * @example
 * declare module '@flaghoist/node' {
 *   interface FlagTypes {
 *     'new-checkout': boolean
 *     theme: 'light' | 'dark'
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface FlagTypes {}

/**
 * Variants of the flags of your project, to be augmented as {@link FlagTypes} is. While it is empty, a variant is any text.
 *
 * @example
 * declare module '@flaghoist/node' {
 *   interface FlagVariants {
 *     theme: 'dark' | 'light'
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface FlagVariants {}

/** Variant of a flag. */
export type FlagVariant<K extends string> = K extends keyof FlagVariants ? FlagVariants[K] : string

type IsTyped = keyof FlagTypes extends never ? false : true

/** Key of any flag. */
export type FlagKey = IsTyped extends true ? Extract<keyof FlagTypes, string> : string

/** Key of a boolean flag. */
export type BooleanFlagKey = IsTyped extends true
  ? {
      [K in FlagKey]: K extends keyof FlagTypes ? (FlagTypes[K] extends boolean ? K : never) : never
    }[FlagKey]
  : string

/** Flags and their values. */
export type FlagValues = IsTyped extends true ? FlagTypes : Readonly<Record<string, JsonValue>>

/** What may be given as the fallback of a flag. */
export type FlagFallback<K extends string> = K extends keyof FlagTypes ? FlagTypes[K] : JsonValue

/** What a flag answers with, where the fallback is of type `D`. */
export type FlagValue<K extends string, D> = K extends keyof FlagTypes
  ? FlagTypes[K]
  : D extends JsonValue
    ? Widened<D>
    : never
