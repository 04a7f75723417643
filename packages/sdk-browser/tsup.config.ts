import { defineConfig, type Options } from 'tsup'
import { production } from './build/production.ts'

const entry = { index: 'src/index.ts' }
/** An entry of its own, which most pages never load. */
const override = { override: 'src/override.ts' }

const common: Options = {
  entry,
  // CommonJS for test runners such as Jest.
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'browser',
  silent: true,
  sourcemap: true,
  // One file, so that a page asks once and a bundler has nothing to resolve.
  noExternal: [/^@flaghoist\//],
  esbuildOptions: (options) => {
    options.conditions = ['@flaghoist/source']
  },
}

export default defineConfig([
  { ...common, outDir: 'dist/development', clean: true },
  {
    ...common,
    outDir: 'dist/production',
    clean: true,
    // Smaller than what esbuild makes, also after the bundler of an app has minified it again.
    minify: 'terser',
    terserOptions: {
      module: true,
      ecma: 2020,
      compress: { passes: 3, unsafe_arrows: true, pure_getters: true, inline: 1 },
    },
    treeshake: 'smallest',
    esbuildPlugins: production.plugins ?? [],
    esbuildOptions(options, context) {
      common.esbuildOptions?.(options, context)
      const { mangleProps, tsconfigRaw } = production
      Object.assign(options, { mangleProps, tsconfigRaw, tsconfig: undefined })
    },
  },
  { ...common, entry: override, outDir: 'dist/override', clean: true, minify: 'terser' },
  {
    entry: { ...entry, ...override },
    format: ['esm', 'cjs'],
    outDir: 'dist',
    dts: { only: true },
    silent: true,
  },
])
