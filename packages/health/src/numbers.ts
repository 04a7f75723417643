/** Digits beyond the usual ones, at most, that tell two shares apart. */
const MAX_MORE_DIGITS = 2

/**
 * Returns a share as people say it: 4.1%, 23%, 0.04%.
 *
 * @param more digits beyond the usual ones
 */
export function percent(share: number, more = 0): string {
  return `${figure(share * 100, more)}%`
}

/**
 * Returns two shares with as many digits as it takes to tell them apart: 4.13% and 4.08%, not twice
 * 4.1%.
 */
export function percents(one: number, other: number): readonly [string, string] {
  let texts = [percent(one), percent(other)] as const
  for (let more = 1; more <= MAX_MORE_DIGITS && texts[0] === texts[1] && one !== other; more += 1)
    texts = [percent(one, more), percent(other, more)]
  return texts
}

/** Returns a difference of shares in points: 1.8, 12, 0.05. */
export function points(difference: number): string {
  return figure(difference * 100)
}

/** Returns a count: 412, 3,604, 1.2 million. */
export function count(units: number): string {
  if (units < 999_500) return grouped(Math.round(units))
  return `${grouped(Number((units / 1e6).toPrecision(2)))} million`
}

/** Returns an estimate of a count with two digits: 340, 12,000. */
export function roughly(units: number): string {
  return count(Number(units.toPrecision(2)))
}

/** Returns a count with its noun: 1 user, 412 users. */
export function users(units: number): string {
  return `${count(units)} ${Math.round(units) === 1 ? 'user' : 'users'}`
}

/** Returns a time in ms as people say it: 182 ms, 1.2 s. */
export function milliseconds(value: number): string {
  return value < 1_000 ? `${plain(value)} ms` : `${plain(value / 1_000)} s`
}

/** Returns a value with two digits: 820, 1.2, 0.04. */
export function plain(value: number): string {
  return grouped(Number(value.toPrecision(2)))
}

/** Groups thousands by commas. `toLocaleString` takes longer than a whole verdict. */
function grouped(value: number): string {
  return value < 1_000 ? String(value) : String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** At 10 and above no decimals, down to 0.1 one, and below one significant digit. */
function figure(value: number, more = 0): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 10) return value.toFixed(more)
  if (size >= 0.095) return String(Number(value.toFixed(1 + more)))
  if (size >= 0.001) return String(Number(value.toPrecision(1 + more)))
  return 'under 0.001'
}
