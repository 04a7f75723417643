/**
 * Lets time pass faster in a real server, for tests: preloaded by `node --import`. Minutes of
 * rollouts then last for fractions of a second. The wall clock goes on where that of the process
 * before it ended, as long as both have the same origin.
 *
 * - `FAST_CLOCK_FACTOR`: seconds per second
 * - `FAST_CLOCK_ORIGIN`: instant at which both clocks showed the same, epoch ms
 */
const factor = Number(process.env.FAST_CLOCK_FACTOR)
const origin = Number(process.env.FAST_CLOCK_ORIGIN)

const wall = Date.now.bind(Date)
const monotonic = performance.now.bind(performance)
const every = globalThis.setInterval

Date.now = () => Math.floor(origin + (wall() - origin) * factor)
performance.now = () => monotonic() * factor
globalThis.setInterval = ((work: () => void, ms = 1) =>
  every(work, Math.max(1, ms / factor))) as typeof setInterval
