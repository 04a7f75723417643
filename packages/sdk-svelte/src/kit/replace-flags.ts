import type { NodeFlags } from '@flaghoist/node'
import type { PageConnection } from './page-flags.ts'

declare global {
  /** Flags of each hook of this process. It outlives the modules that Vite loads again. */
  var flaghoistDevelopment: Map<string, NodeFlags> | undefined
}

/**
 * Closes the flags that an earlier version of the hooks has created. Vite loads hooks again after
 * each save, and nothing else would close the connection of the version before.
 */
export function replaceFlags({ url, key }: PageConnection, flags: NodeFlags): void {
  globalThis.flaghoistDevelopment ??= new Map()
  const hook = `${url} ${key}`
  const earlier = globalThis.flaghoistDevelopment.get(hook)
  globalThis.flaghoistDevelopment.set(hook, flags)
  if (earlier !== flags) void earlier?.close()
}
