const TOKEN = /("""|''')([\s\S]*?)\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#([^\n]*)/g

/**
 * Comments and docstrings of a Python source.
 *
 * @returns {{ kind: import('./rules.mjs').Kind, start: number, text: string }[]}
 */
export function textsOfPython(code) {
  const texts = []
  for (const { index, 2: docstring, 3: comment } of code.matchAll(TOKEN)) {
    if (docstring !== undefined)
      texts.push({ kind: 'docstring', start: index + 3, text: docstring })
    if (comment !== undefined) texts.push({ kind: 'comment', start: index + 1, text: comment })
  }
  return texts
}
