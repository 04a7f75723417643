/** Whether an `If-None-Match` names an ETag; compared weakly, as RFC 9110 asks. */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header
    .split(',')
    .some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
