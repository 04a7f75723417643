/**
 * Moves the wall clock of a server, for faults: preloaded by `node --import`. The parent process
 * sends the distance in ms.
 */
const wall = Date.now.bind(Date)
let distanceMs = 0

process.on('message', (ms: number) => {
  distanceMs = ms
})
process.channel?.unref()
Date.now = () => wall() + distanceMs
