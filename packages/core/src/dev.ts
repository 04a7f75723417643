/**
 * Whether errors explain themselves. The production build for browsers puts a module with `false` in the place of this
 * one, and every text behind it is left out; its errors carry a code and where it is explained.
 */
export const DEV: boolean = true
