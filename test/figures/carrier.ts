// The carrier of the figures: takes the server's texts as Kannel does and hands them to the phone they are
// for, and brings a phone's texts to the server in Kannel's form. As little work of its own as can be.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { Pool } from 'undici'

const shortCode = '36000'

export class Carrier {
  readonly #server: Server
  readonly #phones = new Map<string, (words: string) => void>()
  #pool: Pool | undefined
  #path = ''

  constructor() {
    this.#server = createServer({ noDelay: true }, (request, response) => {
      const query = new URLSearchParams(request.url?.split('?')[1])
      response.writeHead(202, { 'content-type': 'text/plain' }).end('0: Accepted for delivery')
      this.#phones.get(query.get('to') ?? '')?.(query.get('text') ?? '')
    })
  }

  /** @param port 0 for any free one. @returns the port */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Where texts of phones go from now on: the URL of the server's gateway. */
  async reach(gatewayUrl: string): Promise<void> {
    await this.#pool?.destroy()
    const { origin, pathname } = new URL(gatewayUrl)
    // So many that buyers wait for the server, not for each other before its door.
    this.#pool = new Pool(origin, { connections: 64, pipelining: 1 })
    this.#path = `${pathname}/text`
  }

  /** From now on texts to this number are heard here. */
  phone(number: string, hear: (words: string) => void): void {
    this.#phones.set(number, hear)
  }

  /** Resolves when the server has it stored. */
  async send(from: string, words: string): Promise<void> {
    const query = new URLSearchParams({ from, to: shortCode, id: uuidFrom(systemRandom), text: words })
    const answer = await this.#pool?.request({ method: 'GET', path: `${this.#path}?${query}` })
    await answer?.body.dump()
    if (answer?.statusCode !== 200) throw new Error(`the server answered a text with ${answer?.statusCode}`)
  }

  async close(): Promise<void> {
    await this.#pool?.destroy()
    this.#server.closeAllConnections()
    await once(this.#server.close(), 'close')
  }
}
