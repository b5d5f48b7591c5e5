// The contract of the store, in memory.
import { callContract } from './call-contract.ts'
import { storeContract } from './contract.ts'
import { MemoryStore } from './memory-store.ts'
import { subscriberContract } from './subscriber-contract.ts'

storeContract('memory', async () => new MemoryStore())
callContract('memory', async () => new MemoryStore())
subscriberContract('memory', async () => new MemoryStore())
