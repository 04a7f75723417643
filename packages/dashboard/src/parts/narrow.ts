import { MediaQuery } from 'svelte/reactivity'

/** True on a phone. The same width stands in the media queries of styles. */
export const narrow = new MediaQuery('(max-width: 639px)')
