import ts from 'typescript'

/**
 * Returns what TypeScript finds in the objects of a Kubernetes manifest, such as a member that does
 * not exist.
 */
export function typeFaults(objects: readonly { apiVersion: string; kind: string }[]): string[] {
  const path = new URL('manifest-under-test.ts', import.meta.url).pathname
  const source = objects
    .flatMap(({ apiVersion, kind }, i) => [
      `import type { I${kind} as T${i} } from 'kubernetes-models/${apiVersion}'`,
      `export const object${i}: T${i} = ${JSON.stringify(objects[i])}`,
    ])
    .join('\n')

  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.readFile = (name) => (name === path ? source : readFile(name))
  const program = ts.createProgram([path], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
