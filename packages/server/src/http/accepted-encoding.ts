/**
 * Returns the first of some encodings or types that a client accepts. A quality of 0 refuses one.
 * @param header the header `Accept-Encoding` or `Accept`
 */
export function acceptedEncoding<E extends string>(
  header: string | undefined,
  encodings: readonly E[],
): E | undefined {
  if (header === undefined) return undefined
  const accepted = new Set(
    header
      .split(',')
      .map((part) =>
        part
          .trim()
          .toLowerCase()
          .split(/\s*;\s*q=/),
      )
      .filter(([, quality]) => quality === undefined || Number(quality) > 0)
      .map(([name]) => name),
  )
  return encodings.find((encoding) => accepted.has(encoding))
}
