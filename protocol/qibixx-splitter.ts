// Cutting the bytes of a serial line into lines of text. Ends of line are \n, \r or \r\n, as they come; a
// line without end is cut off, so that noise cannot fill the memory.
import { longestLine } from './qibixx.ts'

/**
 * One per opening of the port: what a line began before the port went away is not finished by what comes
 * after.
 */
export class LineSplitter {
  #begun = ''

  /**
   * @returns the lines that these bytes complete; an overlong one is cut just above `longestLine`, hence
   * unreadable
   */
  push(bytes: Uint8Array): string[] {
    const pieces = Buffer.from(bytes)
      .toString('latin1')
      .split(/[\r\n]/)
    pieces[0] = this.#begun + (pieces[0] ?? '')
    this.#begun = (pieces.pop() ?? '').slice(0, longestLine + 1)
    return pieces.filter((line) => line !== '').map((line) => line.slice(0, longestLine + 1))
  }
}
