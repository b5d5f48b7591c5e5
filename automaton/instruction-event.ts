// From an instruction of the server to the event of the sale that it is, with what the journal holds of the
// sale it names. Pure but for that look into the journal.
import type { Instruction } from '@concilia/protocol/messages.ts'
import type { Journal } from './journal/port.ts'
import type { SaleEvent } from './sale-events.ts'

/** What an instruction about sales is; `readAudit` is about none. */
export type SaleInstruction = Exclude<Instruction, { kind: 'readAudit' }>

/** @param phonePayment whether a buyer could choose now */
export function instructionEvent(
  instruction: SaleInstruction,
  journal: Pick<Journal, 'held'>,
  phonePayment: boolean,
): SaleEvent {
  const { id: instructionId } = instruction
  if (instruction.kind === 'attend') {
    return { type: 'attend', instructionId, forMs: instruction.forMs, phonePayment }
  }
  const { saleId } = instruction
  if (instruction.kind === 'tell') return { type: 'told', instructionId, saleId, text: instruction.text }
  const held = journal.held(saleId)
  switch (instruction.kind) {
    case 'deliver':
      return { type: 'deliver', instructionId, saleId, acknowledgement: instruction.acknowledgement, held }
    case 'refuse':
      return { type: 'refuse', instructionId, saleId, text: instruction.text, held }
    case 'report':
      return { type: 'report', instructionId, saleId, held }
  }
}
