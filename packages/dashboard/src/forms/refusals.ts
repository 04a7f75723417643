/** Reasons why a form cannot be sent yet. */
export const NOTHING_CHANGED = 'Nothing has changed yet.'
export const EFFECT_UNKNOWN = 'The effect is not known yet.'
export const CONDITION_INCOMPLETE = 'Complete the conditions.'
