import type { Plugin } from 'esbuild'

/** Makes a production build: errors say their code and where it is explained, and every text goes. */
export const withoutTexts: Plugin = {
  name: 'without-texts',
  setup(build) {
    build.onLoad({ filter: /core\/src\/dev\.ts$/ }, () => ({
      contents: 'export const DEV = false',
    }))
  },
}
