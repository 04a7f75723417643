/** Returns why a text is not JSON; undefined for JSON. */
export function jsonDefect(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const { message } = error as SyntaxError
    if (/^[a-z][\w -]*$/i.test(text)) return `Write text in quotes: "${text}".`
    return `This is not JSON: ${message}.`
  }
}
