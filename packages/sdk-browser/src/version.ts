import manifest from '../package.json' with { type: 'json' }

/** Name and version by which this SDK makes itself known. */
export const SDK = `${manifest.name}/${manifest.version}`
