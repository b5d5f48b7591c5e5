// An MQTT broker that is nobody's of ours, as a process that can be killed: any client may do anything, as
// with a broker left as it comes. Told to by its parent it publishes every message twice, as QoS 1 allows
// every broker to.
//
//   node test/broker-process.ts PORT        tells its parent {port}; hears {double: true | false}
import { createServer } from 'node:net'
import { Aedes } from 'aedes'

const broker = await Aedes.createBroker()
let isDoubling = false
broker.on('publish', ({ topic, payload, qos, retain }, client) => {
  // What has no client is the broker's own: our second copy.
  if (!client || !isDoubling) return
  broker.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, () => {})
})
process.on('message', ({ double }: { double: boolean }) => {
  isDoubling = double
})
process.on('disconnect', () => process.exit(0))
const server = createServer({ noDelay: true }, broker.handle)
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 })
})
