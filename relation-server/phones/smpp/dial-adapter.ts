// A connection to a centre over TCP or TLS, as the wire of a session.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import type { Wire } from '@concilia/protocol/smpp/session.ts'

export interface Ear {
  opened(): void
  read(chunk: Uint8Array): void
  /** Once, also when it was never opened. `why` is a code such as `ECONNREFUSED`. */
  closed(why: string): void
}

/** Begins to connect. */
export type Dial = (ear: Ear) => Wire

export interface Address {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Of the authorities that may certify the centre; left out: those of this system. */
  readonly rootFile?: string | undefined
}

/** @throws when `rootFile` cannot be read or is no certificate */
export function dialling({ host, port, tls, rootFile }: Address): Dial {
  const ca = rootFile === undefined ? undefined : readFileSync(rootFile)
  // What is no certificate would be passed over in silence, and then nobody trusted.
  if (ca) new X509Certificate(ca)
  const secureContext = createSecureContext(ca ? { ca } : {})
  return (ear) => {
    const opened = () => ear.opened()
    const socket = tls
      ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), secureContext }, opened)
      : connect({ host, port }, opened)
    return wireOf(socket, ear)
  }
}

function wireOf(socket: Socket, ear: Ear): Wire {
  let why = 'the peer closed the connection'
  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => ear.read(chunk))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    why = error.code ?? error.name
  })
  socket.on('end', () => socket.destroy())
  socket.on('close', () => ear.closed(why))
  return {
    write(bytes) {
      if (!socket.destroyed) socket.write(bytes)
    },
    get unsent() {
      return socket.writableLength
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    destroy: () => socket.destroy(),
  }
}
