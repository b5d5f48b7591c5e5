import { journalContract } from './contract.ts'
import { MemoryJournal, SimulatedDisk } from './memory-journal.ts'

journalContract('a simulated disk', () => {
  const disk = new SimulatedDisk({ bytes: (length) => new Uint8Array(length).fill(7) })
  return {
    open: () => new MemoryJournal(disk),
    fail: (failing) => {
      disk.failing = failing
    },
    dispose: () => {},
  }
})
