import type { BuildOptions } from 'esbuild'
import { INTERNAL_NAMES } from './internal-names.ts'

/**
 * The settings of a production build: errors are codes without texts, and internal names are short.
 */
export const production: Pick<BuildOptions, 'plugins' | 'mangleProps' | 'tsconfigRaw'> = {
  plugins: [
    {
      name: 'without-texts',
      setup(build) {
        build.onLoad({ filter: /core\/src\/dev\.ts$/ }, () => ({
          contents: 'export const DEV = false',
        }))
      },
    },
  ],
  // Constructors assign all members, so their declarations are not needed.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  mangleProps: new RegExp(`^(${INTERNAL_NAMES.join('|')})$`),
}
