// The contracts of the store, in memory.
import { storeContract } from './contract.ts'
import { MemoryStore } from './memory-store.ts'
import { voucherContract } from './voucher-contract.ts'

storeContract('memory', async () => new MemoryStore(), 300)
voucherContract(async () => new MemoryStore(), 300)
