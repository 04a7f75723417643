import type { Instance } from './instance-requests.ts'

/** Returns the business hours of an instance in a sentence, with its time now. */
export function hoursText(
  { businessHours, timeZone }: Pick<Instance, 'businessHours' | 'timeZone'>,
  now: number,
): string {
  const clock = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(now)
  const place = `${timeZone}, where it is ${clock}`
  if (businessHours === undefined) return `Rollouts advance at any hour. Time zone ${place}.`
  const { days, from, to } = businessHours
  return `Rollouts advance ${days.join(', ')} from ${from} to ${to} in ${place}.`
}
