/**
 * Turns error texts on. The production build for browsers replaces this module with one that
 * exports `false`, which removes the texts: errors then carry their code and a link to its
 * explanation.
 */
export const DEV: boolean = true
