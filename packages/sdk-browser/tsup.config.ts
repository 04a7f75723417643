import { defineConfig, type Options } from 'tsup'
import { withoutTexts } from './build/without-texts.ts'

const entry = { index: 'src/index.ts', shared: 'src/shared/index.ts' }

const common: Options = {
  entry,
  format: 'esm',
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
    minify: true,
    treeshake: true,
    esbuildPlugins: [withoutTexts],
  },
  { entry, format: 'esm', outDir: 'dist', dts: { only: true }, silent: true },
])
