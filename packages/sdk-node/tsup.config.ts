import { defineConfig, type Options } from 'tsup'

const common: Options = {
  silent: true,
  sourcemap: true,
  target: 'es2022',
  platform: 'node',
  removeNodeProtocol: false,
  treeshake: true,
}

export default defineConfig([
  {
    ...common,
    entry: ['src/index.ts', 'src/internal.ts', 'src/fastify.ts', 'src/express.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: true,
  },
  { ...common, entry: { codegen: 'src/codegen/main.ts' }, format: 'esm' },
])
