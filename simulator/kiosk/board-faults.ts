// What can go wrong with a motor board, each once when it is asked for.

export const boardFaultWords = {
  deaf: 'the board does not hear the next command',
  loseAnswer: 'its next line is lost, whatever it says',
  garbled: 'its next line comes with a wrong character',
  silent: 'it does not say by itself how the next vend ended',
  motorJam: 'the motor is blocked',
  notDropped: 'the motor turns, and nothing falls',
  homeLost: 'the motor turns, and its home switch never comes; nothing falls',
  dropUnseen: 'the goods fall, and the drop sensor does not see them',
  powerCutInVend: 'its power goes while the motor turns; nothing falls',
  powerCutAfterDrop: 'the goods fall, and its power goes before it has written that down',
} as const

export type BoardFault = keyof typeof boardFaultWords
export const boardFaults = Object.keys(boardFaultWords) as BoardFault[]

/** What is still to go wrong. */
export class BoardFaults {
  readonly #coming: BoardFault[] = []

  add(fault: BoardFault): void {
    this.#coming.push(fault)
  }

  /** Nothing more is to go wrong. */
  clear(): void {
    this.#coming.length = 0
  }

  /** An occasion for this fault: whether it happens now. */
  takes(fault: BoardFault): boolean {
    const at = this.#coming.indexOf(fault)
    if (at >= 0) this.#coming.splice(at, 1)
    return at >= 0
  }
}
