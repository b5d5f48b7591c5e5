// Starts the payment centre or runs one of its commands: node payment-centre/main.ts [COMMAND] --config FILE
// The program itself is loaded after the compile cache is switched on, which halves the cost of a start.
import { enableCompileCache } from 'node:module'
import { watchHeapGrowth } from '@concilia/platform/heap-growth-adapter.ts'

enableCompileCache()
watchHeapGrowth()
await import('./program.ts')
