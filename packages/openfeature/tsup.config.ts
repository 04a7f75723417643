import { defineConfig, type Options } from 'tsup'

const common: Options = {
  dts: true,
  silent: true,
  sourcemap: true,
  target: 'es2022',
  treeshake: true,
}

export default defineConfig([
  { ...common, entry: ['src/server.ts'], format: ['esm', 'cjs'], clean: true },
  // For bundlers, which choose the development or the production build of @flaghoist/browser
  // themselves.
  { ...common, entry: ['src/web.ts'], format: 'esm' },
])
