/** Cuts a text to a length, with an ellipsis as its last character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  // Half of a surrogate pair would be an invalid character.
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
