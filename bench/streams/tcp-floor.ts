/** The least that Node can do: a broadcast over raw TCP. A line of a socket makes it begin. */
import { type AddressInfo, createServer, type Socket } from 'node:net'

const frame = Buffer.from(process.env.FRAME!)
const streams = new Set<Socket>()

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined)
  socket.on('close', () => streams.delete(socket))
  socket.on('data', (bytes) => {
    if (bytes.toString() !== 'broadcast\n') {
      streams.add(socket)
      return socket.write('retry: 1000\n\n')
    }
    for (const stream of streams) stream.write(frame)
    return socket.write('done\n')
  })
})
server.listen(0, '127.0.0.1', 8_192, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
