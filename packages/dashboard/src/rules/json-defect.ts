/** Returns why a text is not JSON, with the line of the fault; undefined for JSON. */
export function jsonDefect(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const { message } = error as SyntaxError
    if (/^[a-z][\w -]*$/i.test(text)) return `Text stands in quotes: "${text}".`
    const at = /position (\d+)/.exec(message)?.[1]
    const line = at === undefined ? '' : ` in line ${text.slice(0, Number(at)).split('\n').length}`
    return `This is not JSON${line}: ${message}.`
  }
}
