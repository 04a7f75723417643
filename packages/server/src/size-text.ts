const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const

/** A number of bytes in the largest unit of at least 1: `1 MiB`, `15.3 KiB`. */
export function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1)
  const amount = bytes / 1024 ** power
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${UNITS[power]}`
}
