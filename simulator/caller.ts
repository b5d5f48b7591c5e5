// Somebody on the phone, and the PBX between: a FastAGI client as Asterisk is one, whose caller hears the
// recordings, types a machine number, remembers the code, and may hang up at any of it.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { OperatingError } from '@concilia/platform/operating-error.ts'

export interface Call {
  /** Where the server waits for the PBX, and the path that it knows it by. */
  readonly port: number
  readonly secret: string
  /** The PBX's own id of the call. */
  readonly id: string
  readonly called: string
  readonly machineNumber: string
  /** Hangs up as soon as a command begins like this. */
  readonly hangUpAt?: string
}

export interface Heard {
  /** What the PBX was told to do, in turn. */
  readonly commands: readonly string[]
  /** Undefined when none was read out whole. */
  readonly code?: string
}

export async function placeCall(call: Call): Promise<Heard> {
  const { port, secret, id, called, machineNumber, hangUpAt } = call
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const failed = once(socket, 'error').then(([cause]) => {
    throw unanswered(port, cause)
  })
  await Promise.race([once(socket, 'connect'), failed])
  const variables = { request: `agi://127.0.0.1/${secret}`, uniqueid: id, dnid: called }
  const lines = Object.entries(variables).map(([name, value]) => `agi_${name}: ${value}\n`)
  socket.write(`${lines.join('')}\n`)
  const commands: string[] = []
  let code: string | undefined
  let isThere = true
  createInterface({ input: socket }).on('line', (command) => {
    commands.push(command)
    if (hangUpAt !== undefined && command.startsWith(hangUpAt)) isThere = false
    const [, read] = /^SAY DIGITS (\d+)/.exec(command) ?? []
    if (isThere && read !== undefined) code = read
    const typed = command.startsWith('GET DATA') ? machineNumber : '0'
    socket.write(isThere ? `200 result=${typed}\n` : 'HANGUP\n200 result=-1\n')
  })
  await Promise.race([once(socket, 'close'), failed])
  return { commands, ...(code !== undefined && { code }) }
}

function unanswered(port: number, cause: unknown): OperatingError {
  return new OperatingError({
    code: 'nobody-answers',
    message: `Nobody answers calls on port ${port}.`,
    advice: 'See that the relation server runs and has [phones.voice] in its configuration.',
    cause,
  })
}
