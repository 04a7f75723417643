import type { Issue } from '../../errors.ts'

/** Checks only a new time zone, so that a machine with an older database accepts other edits. */
export function validateTimeZone(
  path: string,
  current: string | undefined,
  timeZone: string,
): readonly Issue[] {
  if (timeZone === current) return []
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return []
  } catch {
    const message = `Time zone "${timeZone}" does not exist. Use a name of the IANA database, such as "Europe/Zurich" or "UTC".`
    return [{ path, message }]
  }
}
