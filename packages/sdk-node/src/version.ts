import manifest from '../package.json' with { type: 'json' }

/** Name and version of this SDK, sent with each request. */
export const SDK = `${manifest.name}/${manifest.version}`
