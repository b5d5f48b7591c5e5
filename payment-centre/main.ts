// Starts the payment centre, or runs one of its commands: node payment-centre/main.ts [COMMAND] --config FILE.
// The program itself is loaded after the compile cache is switched on, which halves what a later start costs.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
