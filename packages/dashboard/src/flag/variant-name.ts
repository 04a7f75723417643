/** Returns the name of a variant that was served; without a key, it is the caller's fallback. */
export const variantName = (key: string): string => key || 'fallback'
