// Starts the payment centre or runs one of its commands: node payment-centre/main.ts [COMMAND] --config FILE
// The program itself is loaded after the compile cache is switched on, which halves the cost of a start.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
