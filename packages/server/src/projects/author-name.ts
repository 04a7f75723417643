/** Returns an author as texts show it: the person, if one signed in, with the key. */
export function authorName(author: {
  readonly name: string
  readonly person?: string | undefined
}): string {
  return author.person === undefined ? author.name : `${author.person} (${author.name})`
}
